using OrleansTasks.Events;

namespace OrleansTasks.Storage.Memory;

/// <summary>Changes of resources in memory, for tests and simulations; stores of resources add them.</summary>
public sealed class MemoryResourceEventStore : IResourceEventStore
{
    private readonly Lock gate = new();
    private readonly Queue<ResourceEvent> events = new();
    private long last;

    /// <inheritdoc/>
    public Task<ResourceEventPage> Read(long after, int limit)
    {
        lock (gate)
            return Task.FromResult(new ResourceEventPage(
                events.TryPeek(out var first) ? first.Sequence : 0, last,
                [.. events.Where(change => change.Sequence > after).Take(limit)]));
    }

    internal void Add(long at, ResourceKind kind, string id, ResourceState state)
    {
        lock (gate)
        {
            events.Enqueue(new ResourceEvent(++last, at, kind, id, state));
            while (events.Count > ResourceEventBound.Kept)
                events.Dequeue();
        }
    }
}
