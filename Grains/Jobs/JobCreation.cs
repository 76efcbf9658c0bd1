using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A waiting request to create the job. Repeats by a gateway that does not know the outcome share the request and its
/// answer; a repeat after the answer is a new request, for which <see cref="JobRunner"/> finds the existing job.
/// </summary>
internal sealed class JobCreation(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
{
    /// <summary>JSON that the gateway has validated.</summary>
    public ReadOnlyMemory<byte> Spec { get; } = spec;

    public IdempotencyEntry? Idempotency { get; } = idempotency;

    /// <summary>Completes when the job is stored or refused; fails with a <see cref="JobFaults"/> exception.</summary>
    public TaskCompletionSource<JobReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
