using Orleans.Concurrency;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Feed;

/// <summary>The transitions of one commit.</summary>
/// <param name="Queue">The queue of the commit.</param>
/// <param name="Sequence">The commit's number, which rises by one with every commit of the queue.</param>
/// <param name="Entries">The transitions, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedBatch")]
public sealed record FeedBatch(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ImmutableArray<FeedEntry> Entries)
{
    /// <summary>
    /// Whether this is a dispatcher's last message: its activation ends. The next activation knows no gateway until the
    /// gateway subscribes again. The sequence is 0, which follows no commit, so older gateways wake all waiting
    /// callers.
    /// </summary>
    public bool IsFarewell => Sequence == 0;

    /// <summary>Returns a dispatcher's last message.</summary>
    public static FeedBatch Farewell(string queue) => new(queue, 0, []);
}

/// <summary>One transition of one task or job.</summary>
/// <param name="Task">The id of the task or job.</param>
/// <param name="State">The state from this commit on.</param>
/// <param name="Attempt">The number of the attempt at that time; -1 for a job.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedEntry")]
public readonly record struct FeedEntry(
    [property: Id(0)] TaskId Task,
    [property: Id(1)] TaskState State,
    [property: Id(2)] int Attempt)
{
    private const int JobMark = -1;

    /// <summary>Whether this is a transition of a job. Jobs have no attempts.</summary>
    public bool IsJob => Attempt == JobMark;

    /// <summary>Creates a job's transition.</summary>
    public static FeedEntry OfJob(TaskId job, JobState state) => new(job, state.ToEvent(), JobMark);
}

/// <summary>
/// A gateway's end of the dispatchers' feeds. Calls can be lost; the gateway detects gaps in the sequence.
/// </summary>
[Alias("ot.IFeedObserver")]
public interface IFeedObserver : IGrainObserver
{
    /// <summary>Receives one commit's transitions.</summary>
    [OneWay, Alias("Changed")]
    Task Changed(FeedBatch batch);
}
