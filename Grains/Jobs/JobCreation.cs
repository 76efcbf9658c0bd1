using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A request to create the job, which waits in <see cref="JobInbox"/> for the job's loop. Repeated calls share it until it is answered.
/// </summary>
internal sealed class JobCreation(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
{
    /// <summary>The job's spec, as JSON.</summary>
    public ReadOnlyMemory<byte> Spec { get; } = spec;

    /// <summary>The idempotency key to store with the job; null when the caller sent none.</summary>
    public IdempotencyEntry? Idempotency { get; } = idempotency;

    /// <summary>Completes when the job is stored or refused; all callers of the creation await its task.</summary>
    public TaskCompletionSource<JobReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
