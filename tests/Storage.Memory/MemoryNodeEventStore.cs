using OrleansTasks.Events;

namespace OrleansTasks.Storage.Memory;

/// <summary>Changes of nodes' states in memory, for tests and simulations.</summary>
public sealed class MemoryNodeEventStore : INodeEventStore
{
    private readonly Lock gate = new();
    private readonly Queue<NodeEvent> events = new();
    private long last;

    /// <inheritdoc/>
    public Task Add(IReadOnlyList<NodeEvent> events)
    {
        lock (gate)
        {
            foreach (var change in events)
                this.events.Enqueue(change with { Sequence = ++last });
            while (this.events.Count > NodeEventBound.Kept)
                this.events.Dequeue();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<NodeEventPosition> Position()
    {
        lock (gate)
            return Task.FromResult(new NodeEventPosition(events.TryPeek(out var first) ? first.Sequence : 0, last));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Read(long after, int limit)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<NodeEvent>>([.. events.Where(change => change.Sequence > after).Take(limit)]);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Latest()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<NodeEvent>>(
            [
                .. events.GroupBy(static change => change.Node).OrderBy(static changes => changes.Key, StringComparer.Ordinal)
                    .Select(static changes => changes.Last()),
            ]);
    }
}
