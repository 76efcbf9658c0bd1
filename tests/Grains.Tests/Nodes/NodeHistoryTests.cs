using OrleansTasks.Cluster;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What waits to be stored of nodes' changes.</summary>
public sealed class NodeHistoryTests
{
    [Fact]
    public async Task Keep_ChangesAreNotedAndDroppedMeanwhile_EachIsStoredOnce()
    {
        const int Most = 10_000;
        var store = new NotingStore();
        var history = new NodeHistory(store, new RefusedWrites(TimeProvider.System));
        // One node whose changes go to and fro: repeated, each would look like a change.
        for (var i = 0; i < Most; i++)
            history.Note("n", i % 2 == 0 ? NodeState.Ready : NodeState.Draining, i);
        store.Adding = () =>
        {
            history.Note("m", NodeState.Ready, Most);
            history.Note("m", NodeState.Lost, Most + 1);
        };

        await history.Keep();

        Assert.False(history.HasMore);
        Assert.Equal(Enumerable.Range(0, Most + 2).Select(static at => (long)at), store.Added.Select(static change => change.At));
    }

    /// <summary>Has something happen during the first write.</summary>
    private sealed class NotingStore : INodeEventStore
    {
        private readonly MemoryNodeEventStore inner = new();

        public List<NodeEvent> Added { get; } = [];

        public Action? Adding { get; set; }

        public async Task Add(IReadOnlyList<NodeEvent> events)
        {
            Added.AddRange(events);
            Adding?.Invoke();
            Adding = null;
            await inner.Add(events);
        }

        public Task<NodeEventPosition> Position() => inner.Position();

        public Task<ImmutableArray<NodeEvent>> Read(long after, int limit) => inner.Read(after, limit);

        public Task<ImmutableArray<NodeEvent>> Latest() => inner.Latest();
    }
}
