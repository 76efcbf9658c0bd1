namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// What a caller awaits. The answer settles it in a turn of the caller's own queue, so that whatever the caller built on the answer
/// (Task.WhenAll, WaitAsync) continues there. Orleans' own completion source would continue on the thread pool.
/// </summary>
internal sealed class Promise<TResult>(TurnQueue? caller)
    : TaskCompletionSource<TResult>(caller is null ? TaskCreationOptions.RunContinuationsAsynchronously : default), ITurn
{
    private TResult _result = default!;
    private Exception? _failure;
    private CancellationToken _cancelled;

    /// <summary>Settles it, in a turn of the caller.</summary>
    public void Run()
    {
        if (_failure is not null) TrySetException(_failure);
        else if (_cancelled.CanBeCanceled) TrySetCanceled(_cancelled);
        else TrySetResult(_result);
    }

    internal void Keep(TResult result)
    {
        _result = result;
        Settle();
    }

    internal void Break(Exception failure)
    {
        _failure = failure;
        Settle();
    }

    internal void Cancel(CancellationToken token)
    {
        _cancelled = token;
        Settle();
    }

    private void Settle()
    {
        if (caller is null) Run();
        else caller.Enqueue(this);
    }
}
