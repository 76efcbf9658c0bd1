using Orleans.Runtime.Messaging;
using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Storage;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Calls to the owner of a queue that moves, or whose silo is lost.</summary>
public sealed class NextOwnerTests
{
    private readonly ShiftedTime time = new();
    private int calls;

    [Theory]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(ConnectionFailedException))]
    public async Task Tell_TheSiloIsGoneForTwoCalls_ReachesTheNextOwner(Type fault)
    {
        await Tell(2, (Exception)Activator.CreateInstance(fault, "gone")!);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Tell_TheQueueMoves_ReachesTheNextOwner()
    {
        await Tell(1, new StoreUnavailableException("moved") { IsOwnerReplaced = true });
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Tell_TheStoreIsUnreachable_Fails()
    {
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Tell(1, new StoreUnavailableException()));
        Assert.Equal(1, calls);
    }

    /// <summary>Makes a call whose first attempts fail, and advances the time while it waits.</summary>
    private Task<bool> Tell(int failures, Exception fault) => time.Pass(TimeSpan.FromMilliseconds(250), async () =>
    {
        await NextOwner.Tell(() => ++calls <= failures ? throw fault : Task.CompletedTask, time);
        return true;
    });
}
