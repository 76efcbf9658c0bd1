using System.Collections.Immutable;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The stored events.</summary>
internal sealed class ScriptedEvents : IEventReaderGrain
{
    private readonly Lock gate = new();
    private ImmutableArray<NodeEvent> stored = [];
    private ImmutableArray<EventRecord> log = [];
    private ImmutableArray<ResourceEvent> resources = [];
    private long trimmed;
    private int reads;

    /// <summary>How often somebody has read events, or asked where they are.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Whether the store is out of reach.</summary>
    public volatile bool IsGone;

    /// <summary>Stores the next one, and tells nobody.</summary>
    public void Add(string node, NodeState state) => stored = stored.Add(new NodeEvent(stored.Length + 1, 0, node, state));

    /// <summary>Stores a change of a queue.</summary>
    public void AddQueue(string name, ResourceState state)
    {
        lock (gate)
            resources = resources.Add(new ResourceEvent(resources.Length + 1, 0, ResourceKind.Queue, name, state));
    }

    /// <summary>Stores a commit with one transition of a task, and tells nobody.</summary>
    public void Add(TaskId task, TaskState state) => Add([task], state);

    /// <summary>Stores a commit with a transition of each task, and tells nobody.</summary>
    public void Add(IEnumerable<TaskId> tasks, TaskState state = TaskState.Queued)
    {
        lock (gate)
            log = log.Add(new EventRecord(
                QueueSettings.DefaultQueue, log.Length + 1, 0,
                [.. tasks.Select(task => new FeedEntry(task, state, 1))], log.Length + 1));
    }

    /// <summary>The same, and retention removes it at once, with all before it.</summary>
    public void AddAndTrim(TaskId task, TaskState state)
    {
        lock (gate)
        {
            Add(task, state);
            trimmed = log.Length;
        }
    }

    /// <summary>The store is restored from a backup that had so many commits.</summary>
    public void GoBackTo(int commits)
    {
        lock (gate)
            log = log[..commits];
    }

    public Task<EventLogPage> ReadLog(long after, int limit) => Answer(() => new EventLogPage(
        trimmed, log.Length, [.. log.Where(record => record.Number > Math.Max(after, trimmed)).Take(limit)]));

    public Task<NodeEventPosition> NodePosition() => Answer(() => new NodeEventPosition(Math.Min(1, stored.Length), stored.Length));

    public Task<ImmutableArray<NodeEvent>> ReadNodes(long after, int limit) =>
        Answer(() => stored.Where(change => change.Sequence > after).Take(limit).ToImmutableArray());

    public Task<ResourceEventPage> ReadResources(long after, int limit) => Answer(() => new ResourceEventPage(
        Math.Min(1, resources.Length), resources.Length,
        [.. resources.Where(change => change.Sequence > after).Take(limit)]));

    private Task<T> Answer<T>(Func<T> answer)
    {
        Interlocked.Increment(ref reads);
        lock (gate)
            return IsGone ? Task.FromException<T>(new TimeoutException("The store does not answer.")) : Task.FromResult(answer());
    }
}
