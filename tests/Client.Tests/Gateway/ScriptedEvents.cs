using System.Collections.Immutable;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The stored events, which are of nodes alone.</summary>
internal sealed class ScriptedEvents : IEventReaderGrain
{
    private ImmutableArray<NodeEvent> stored = [];

    /// <summary>Stores the next one, and tells nobody.</summary>
    public void Add(string node, NodeState state) => stored = stored.Add(new NodeEvent(stored.Length + 1, 0, node, state));

    public Task<ImmutableArray<EventPosition>> Positions() => Task.FromResult<ImmutableArray<EventPosition>>([]);

    public Task<ImmutableArray<EventRecord>> Read(PartitionKey partition, long after, int limit) =>
        Task.FromResult<ImmutableArray<EventRecord>>([]);

    public Task<EventLogPage> ReadLog(long after, int limit) => Task.FromResult(new EventLogPage(0, 0, []));

    public Task<NodeEventPosition> NodePosition() => Task.FromResult(new NodeEventPosition(Math.Min(1, stored.Length), stored.Length));

    public Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit) =>
        Task.FromResult<ImmutableArray<NodeEvent>>([.. stored.Where(change => change.Sequence > after).Take(limit)]);
}
