namespace OrleansTasks.Tasks;

/// <summary>An operation with a reply of a certain type.</summary>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the operation is on disk, or fails.</summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>What <see cref="DispatchOperation.Apply"/> decided.</summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}
