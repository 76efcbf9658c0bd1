namespace OrleansTasks.Tasks;

/// <summary>An operation with a reply of a certain type.</summary>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    // Continuations run later, so that no caller's code runs within the commit loop.
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the operation is on disk, or fails.</summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>What <see cref="DispatchOperation.Apply"/> decided; set by each application, given by <see cref="Complete"/>.</summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}
