using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes of one job.</summary>
/// <param name="No">The job's number in its partition.</param>
/// <param name="Id">The job's id.</param>
/// <param name="Write">
/// What to write of it. When its state is final, all of its chunks' rows are removed; collected results stay.
/// </param>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
