namespace OrleansTasks.Jobs;

/// <summary>
/// Callers that wait for the same answer. The loop does the work once for all of them (<see cref="Serve"/>). A caller
/// that arrives during the work waits for the next time, because the answer may predate its question. Used in one
/// grain's turns, without locks.
/// </summary>
internal sealed class Replies<T>
{
    private List<TaskCompletionSource<T>> waiting = [];

    /// <summary>Whether no caller waits, apart from those that a running <see cref="Serve"/> will answer.</summary>
    public bool IsEmpty => waiting.Count == 0;

    /// <summary>Adds a caller; the task has no timeout of its own.</summary>
    public Task<T> Add()
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(reply);
        return reply.Task;
    }

    /// <summary>
    /// Does the work, even if no caller waits, and answers the callers that waited when it began. If it throws, each
    /// gets its own exception (by default from <see cref="JobFaults.ToCaller"/>), and the exception is rethrown to end
    /// the activation.
    /// </summary>
    public async Task Serve(Func<Task<T>> work, Func<Exception, Exception>? toCaller = null)
    {
        var asked = Take();
        try
        {
            var answer = await work();
            foreach (var reply in asked)
                reply.TrySetResult(answer);
        }
        catch (Exception cause)
        {
            foreach (var reply in asked)
                reply.TrySetException((toCaller ?? JobFaults.ToCaller)(cause));
            throw;
        }
    }

    /// <summary>Answers all waiting callers without work.</summary>
    public void Answer(T answer)
    {
        foreach (var reply in Take())
            reply.TrySetResult(answer);
    }

    /// <summary>Fails all waiting callers of a failed activation, each with its own exception.</summary>
    public void Fail(Exception cause)
    {
        foreach (var reply in Take())
            reply.TrySetException(JobFaults.ToCaller(cause));
    }

    private List<TaskCompletionSource<T>> Take()
    {
        var asked = waiting;
        waiting = [];
        return asked;
    }
}
