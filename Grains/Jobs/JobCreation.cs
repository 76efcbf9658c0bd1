using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A job that shall begin.</summary>
internal sealed class JobCreation(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
{
    public ReadOnlyMemory<byte> Spec { get; } = spec;

    public IdempotencyEntry? Idempotency { get; } = idempotency;

    public TaskCompletionSource<JobReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
