using System.Reflection;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Dispatch;

namespace OrleansTasks.Client.Tests.Operations;

/// <summary>A gateway without grain classes names them as their attributes do.</summary>
public sealed class GrainTypesTests
{
    [Fact]
    public void Of_EveryGrain_IsWhatItsAttributeSays()
    {
        var grains = typeof(TaskDispatcherGrain).Assembly.GetTypes().Where(static type => type.GetCustomAttribute<GrainTypeAttribute>() is not null).ToArray();
        Assert.NotEmpty(grains);
        foreach (var grain in grains)
        {
            var expected = grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, null!).ToString();
            Assert.Equal((grain, expected), (grain, GrainTypes.OfClass(grain.FullName!)));
            Assert.Contains(grain.GetInterfaces(), one => GrainTypes.Of(one.FullName!) == expected);
        }
    }

    [Fact]
    public void Of_AnObserver_IsNull() => Assert.Null(GrainTypes.Of("OrleansTasks.Feed.IQueueObserver"));
}
