namespace OrleansTasks.Tasks;

/// <summary>
/// An operation that gives its caller a reply of type <typeparamref name="TReply"/>, once the round is on disk.
/// Every operation of a dispatcher derives from this type; the commit loop uses the base type, which knows no reply.
/// </summary>
/// <typeparam name="TReply">The type of the reply.</typeparam>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    // Callers continue in a later turn: otherwise their code would run in the middle of the commit loop.
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// What the caller awaits: the reply, once the round is on disk, or the exception given to <see cref="Fail"/>.
    /// </summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>
    /// The reply that <see cref="DispatchOperation.Apply"/> or <see cref="DispatchOperation.Look"/> decided.
    /// If the round is repeated, they set it anew; <see cref="Complete"/> gives the caller the last value.
    /// </summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}
