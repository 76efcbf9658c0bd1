namespace OrleansTasks.Jobs;

/// <summary>
/// Callers that wait for the same answer. A caller that comes while <see cref="Serve"/> works waits for the next answer, so that an answer
/// of it is never older than its question. Not locked: used within a grain's turns only.
/// </summary>
internal sealed class Replies<T>
{
    private List<TaskCompletionSource<T>> waiting = [];

    /// <summary>Whether no caller waits; those that <see cref="Serve"/> has taken do not count.</summary>
    public bool IsEmpty => waiting.Count == 0;

    /// <summary>Adds a caller. The task completes with the answer, or fails.</summary>
    public Task<T> Add()
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(reply);
        return reply.Task;
    }

    /// <summary>
    /// Does the work once, also when nobody waits, and answers all callers that waited before it began. When the work throws, they fail, each with an exception of
    /// its own, and this method rethrows.
    /// </summary>
    public async Task Serve(Func<Task<T>> work)
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
                reply.TrySetException(JobFaults.ToCaller(cause));
            throw;
        }
    }

    /// <summary>Answers all waiting callers with what is known already.</summary>
    public void Answer(T answer)
    {
        foreach (var reply in Take())
            reply.TrySetResult(answer);
    }

    /// <summary>Fails all waiting callers, each with an exception of its own, see <see cref="JobFaults.ToCaller"/>.</summary>
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
