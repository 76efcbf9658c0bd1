using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Feed;

/// <summary>One transition of one task or job.</summary>
/// <param name="Task">The task, or the job.</param>
/// <param name="State">The state it is in from this commit on.</param>
/// <param name="Attempt">The attempt's number at that time.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedEntry")]
public readonly record struct FeedEntry(
    [property: Id(0)] TaskId Task,
    [property: Id(1)] TaskState State,
    [property: Id(2)] int Attempt)
{
    private const int JobMark = -1;

    /// <summary>Whether it is a job's: jobs have no attempts.</summary>
    public bool IsJob => Attempt == JobMark;

    /// <summary>A job's transition.</summary>
    public static FeedEntry OfJob(TaskId job, JobState state) => new(job, state.ToEvent(), JobMark);
}
