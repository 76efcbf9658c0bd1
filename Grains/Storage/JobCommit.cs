using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// One change of a data job's row, as part of a <see cref="QueueCommit"/>. The job's grain decides the content
/// (<see cref="JobWrite"/>). Only the dispatcher that owns a queue writes there, so the grain sends the change to
/// the dispatcher of the job's queue, which puts the change into its next commit. A commit may have several changes
/// of one job; the store makes them in order.
/// </summary>
/// <param name="No">The job's number in its queue.</param>
/// <param name="Id">The job's id.</param>
/// <param name="Write">
/// The job's new columns. When the job's state is final, the store also removes the rows of all chunks of the job,
/// including chunks in the same commit. The results that the job has collected stay until retention removes the job.
/// </param>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
