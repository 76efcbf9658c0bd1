using Orleans.Concurrency;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Plans one job's chunks, folds their partials and reports the job's progress. Key: the job's id as text. Methods
/// interleave, and their effects are stored when they return. All throw <see cref="Storage.StoreUnavailableException"/>
/// if nothing was written and <see cref="Storage.OutcomeUnknownException"/> if the outcome is uncertain.
/// </summary>
[Alias("ot.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Accepts the job. Safe to repeat.</summary>
    [AlwaysInterleave, Alias("Create")]
    Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency);

    /// <summary>Returns the job as of one moment; null if it does not exist.</summary>
    [AlwaysInterleave, Alias("Get")]
    Task<JobView?> Get();

    /// <summary>Returns details of the job's progress, all as of one moment; null if the job does not exist.</summary>
    [AlwaysInterleave, Alias("Inspect")]
    Task<JobInsight?> Inspect(JobLook look);

    /// <summary>Cancels the job. Returns false if it has ended or does not exist.</summary>
    [AlwaysInterleave, Alias("Cancel")]
    Task<bool> Cancel();

    /// <summary>Takes as many of the posted items as there is room for.</summary>
    [AlwaysInterleave, Alias("Append")]
    Task<AppendReply> Append(JobBlock block);

    /// <summary>Closes the job's stream.</summary>
    [AlwaysInterleave, Alias("Close")]
    Task<CloseOutcome> Close();

    /// <summary>Activates the grain, so that an open job continues.</summary>
    [AlwaysInterleave, Alias("EnsureActive")]
    Task EnsureActive();

    /// <summary>Reports ended chunks. Only a hint: if it is lost, the grain reads them from the store.</summary>
    [AlwaysInterleave, Alias("Ended")]
    Task Ended(ImmutableArray<EndedChunk> chunks);
}
