using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A round of retention in which something fails.</summary>
public sealed class RetentionRoundTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Round_TheOwnerOfAnUnusedQueueWasReplaced_RetiresTheNextQueue_AndThatOneInTheNextRound()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        await store.TakeEpoch("a", null, Cancellation);
        await store.TakeEpoch("b", null, Cancellation);
        var asked = new List<string>();
        using var instruments = new SiloInstruments();
        using var retention = new RetentionService(
            store, new MemoryQueueStore(new MemoryResourceEventStore()), RetiringQueues.Of(Retire),
            new MemoryAuditStore(), new MemoryOutputStore(), Options.Create(new SiloOptions()), TimeProvider.System,
            instruments, NullLogger<RetentionService>.Instance);

        await retention.RunOnce(Cancellation);
        Assert.Equal(["a", "b"], asked);
        await retention.RunOnce(Cancellation);
        Assert.Equal(["a", "b", "a", "b"], asked);

        Task<bool> Retire(string queue)
        {
            asked.Add(queue);
            return asked.Count == 1
                ? throw new StoreUnavailableException("moved") { IsOwnerReplaced = true }
                : Task.FromResult(true);
        }
    }
}
