using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What a commit writes of one job.</summary>
/// <param name="No">The job's number in its partition.</param>
/// <param name="Id">Its id.</param>
/// <param name="Write">Its columns. When its state is final, all of its chunks' rows go.</param>
public sealed record JobCommit(long No, TaskId Id, JobWrite Write);
