using Orleans.Concurrency;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Plans one job's chunks, folds what comes back, and shows it. Key: the text of the job's id. Every method enqueues and returns;
/// what it answers is on disk. All throw <see cref="Storage.StoreUnavailableException"/> when nothing was written and
/// <see cref="Storage.OutcomeUnknownException"/> when nobody can say.
/// </summary>
[Alias("ot.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Accepts the job; a repeat after an unknown outcome is harmless.</summary>
    [AlwaysInterleave, Alias("Create")]
    Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency);

    /// <summary>The job as it stands, from one moment; null when there is no such job.</summary>
    [AlwaysInterleave, Alias("Get")]
    Task<JobView?> Get();

    /// <summary>How the job goes, from one moment; null when there is no such job.</summary>
    [AlwaysInterleave, Alias("Inspect")]
    Task<JobInsight?> Inspect(JobLook look);

    /// <summary>Stops the job. False when it has ended or there is none.</summary>
    [AlwaysInterleave, Alias("Cancel")]
    Task<bool> Cancel();

    /// <summary>Takes posted items, as far as there is room; what it says is taken is on disk.</summary>
    [AlwaysInterleave, Alias("Append")]
    Task<AppendReply> Append(JobBlock block);

    /// <summary>Takes no more items.</summary>
    [AlwaysInterleave, Alias("Close")]
    Task<CloseOutcome> Close();

    /// <summary>Makes sure that an open job goes on.</summary>
    [AlwaysInterleave, Alias("EnsureActive")]
    Task EnsureActive();

    /// <summary>Chunks have ended; a hint, what is lost is read from the store.</summary>
    [AlwaysInterleave, Alias("Ended")]
    Task Ended(ImmutableArray<EndedChunk> chunks);
}
