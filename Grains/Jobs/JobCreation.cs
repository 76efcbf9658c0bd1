using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A request to create the job. <see cref="JobInbox"/> holds at most one,
/// from the call of <see cref="IJobGrain.Create"/> until the job's loop has answered it.
/// A gateway repeats a call whose outcome it does not know; repeated calls share the waiting request and its answer.
/// A repeat that comes after the answer is a new request, and <see cref="JobRunner"/> finds that the job exists.
/// </summary>
internal sealed class JobCreation(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
{
    /// <summary>The job's spec as JSON, which the gateway has validated.</summary>
    public ReadOnlyMemory<byte> Spec { get; } = spec;

    /// <summary>The idempotency key to store with the job; null when the caller sent none.</summary>
    public IdempotencyEntry? Idempotency { get; } = idempotency;

    /// <summary>
    /// Completes when the job is stored or refused, and fails with an exception
    /// of <see cref="JobFaults"/> when the activation fails. All callers of the creation await its task.
    /// </summary>
    public TaskCompletionSource<JobReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
