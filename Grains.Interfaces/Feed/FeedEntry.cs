using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Feed;

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
