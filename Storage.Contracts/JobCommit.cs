using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A change to a job's row, decided by the job's grain. A commit may have several for one job, in order. A final state
/// also removes the job's chunks, including ones new in the commit. Collected results stay until retention removes the
/// job.
/// </summary>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
