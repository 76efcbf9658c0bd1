using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A change of a job's row, decided by the job's grain; a commit may have several, in order. A final state also removes
/// the job's chunks, even new ones. Collected results stay until retention removes the job.
/// </summary>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
