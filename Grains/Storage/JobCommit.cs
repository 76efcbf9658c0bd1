using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="PartitionCommit"/> writes of one data job. The job's grain decides the content
/// (<see cref="JobWrite"/>) and asks the dispatcher of the job's partition, which puts it into the next commit: only a
/// partition's owner writes.
/// </summary>
/// <param name="No">The job's number in its partition.</param>
/// <param name="Id">The job's id.</param>
/// <param name="Write">
/// The job's new columns. When its state is final, the store also removes the rows of all chunks of the job, including
/// chunks in the same commit. Collected results stay until retention removes the job.
/// </param>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
