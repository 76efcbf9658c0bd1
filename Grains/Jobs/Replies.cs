namespace OrleansTasks.Jobs;

/// <summary>Callers that wait for the same answer.</summary>
internal sealed class Replies<T>
{
    private List<TaskCompletionSource<T>> waiting = [];

    /// <summary>Whether nobody waits.</summary>
    public bool IsEmpty => waiting.Count == 0;

    /// <summary>One more; completes with the answer.</summary>
    public Task<T> Add()
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(reply);
        return reply.Task;
    }

    /// <summary>Answers all who wait by now with what the work gives. When it fails, they are told, and so is the caller.</summary>
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

    /// <summary>Answers all who wait.</summary>
    public void Answer(T answer)
    {
        foreach (var reply in Take())
            reply.TrySetResult(answer);
    }

    /// <summary>Fails all who wait, each with an exception of its own.</summary>
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
