
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// An operation (a caller's request to a dispatcher) with a reply of type <typeparamref name="TReply"/>. The dispatcher
/// carries out operations in rounds; the caller gets the reply once the round's changes, if any, are on disk.
/// Every operation derives from this type; the dispatcher's loop uses the base type, which knows no reply.
/// </summary>
/// <typeparam name="TReply">The type of the reply.</typeparam>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    // Callers continue in a later turn: otherwise their code would run in the middle of the dispatcher's loop.
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// What the caller awaits: the reply, after <see cref="Complete"/>, or the exception given to <see cref="Fail"/>.
    /// </summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>
    /// The reply that <see cref="DispatchOperation.Apply"/> or <see cref="DispatchOperation.Look"/> decided.
    /// If the store refuses the round's changes, the operation is repeated and they set the reply anew;
    /// <see cref="Complete"/> gives the caller the last value.
    /// </summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}
