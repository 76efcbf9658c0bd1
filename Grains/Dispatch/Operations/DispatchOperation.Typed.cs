
namespace OrleansTasks.Dispatch.Operations;

/// <summary>A <see cref="DispatchOperation"/> with a reply, which the caller gets once the round is on disk.</summary>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    // Callers continue in a later turn: otherwise their code would run in the middle of the dispatcher's loop.
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The task that the caller awaits, which <see cref="Complete"/> or <see cref="Fail"/> ends.</summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>The reply, set by Apply or Look. A repeated operation sets it again; the last value counts.</summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}
