using OrleansTasks.Jobs;
using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

public sealed class GrainReferencesTests
{
    [Fact]
    public async Task Reference_FirstAndLaterCalls_EqualsTheReferenceOfOrleans()
    {
        await using var one = await GrainCluster.StartAsync();
        await using var two = await GrainCluster.StartAsync();

        foreach (var grains in (IGrainFactory[])[one.Grains, two.Grains])
        {
            foreach (var key in (string[])["a", "b", "a"])
            {
                Assert.Equal(grains.GetGrain<INodeGrain>(key), grains.Reference<INodeGrain>(key));
                Assert.Equal(grains.GetGrain<IJobGrain>(key), grains.Reference<IJobGrain>(key));
                Assert.Same(grains.GetGrain<INodeGrain>(key).GetType(), grains.Reference<INodeGrain>(key).GetType());
            }
        }
    }
}
