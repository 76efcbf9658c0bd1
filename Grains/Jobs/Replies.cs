namespace OrleansTasks.Jobs;

/// <summary>
/// The callers of a job's grain that wait for the same answer, such as a view of the job. <see cref="JobInbox"/> has
/// one object for each kind of request. A grain method adds its caller with <see cref="Add"/>.
/// The grain's loop does the work once, with <see cref="Serve"/>, and gives all waiting callers the same answer.
/// A caller that is added while <see cref="Serve"/> works waits for the next call, because the answer that is being
/// made may be older than its question.
/// </summary>
/// <remarks>Needs no lock: all calls are made in the turns of one grain, which run one at a time.</remarks>
/// <typeparam name="T">The type of the answer.</typeparam>
internal sealed class Replies<T>
{
    private List<TaskCompletionSource<T>> waiting = [];

    /// <summary>
    /// Whether no caller waits. Callers that a running <see cref="Serve"/> is going to answer do not count.
    /// </summary>
    public bool IsEmpty => waiting.Count == 0;

    /// <summary>
    /// Adds a caller. The returned task completes with the answer of a later <see cref="Serve"/> or
    /// <see cref="Answer"/>, or fails when the work throws or <see cref="Fail"/> is called.
    /// It has no time limit of its own.
    /// </summary>
    public Task<T> Add()
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(reply);
        return reply.Task;
    }

    /// <summary>
    /// Does the work once and gives its result to all callers that waited when it began. Does the work also
    /// when nobody waits. When the work throws, these callers fail, each with an exception object of its own, and the
    /// exception is thrown on to the loop, which ends the activation.
    /// </summary>
    /// <param name="work">Makes the answer.</param>
    /// <param name="toCaller">Makes the exception for a caller; null for <see cref="JobFaults.ToCaller"/>.</param>
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

    /// <summary>
    /// Gives all waiting callers an answer that needs no work, for example that the job does not exist.
    /// </summary>
    public void Answer(T answer)
    {
        foreach (var reply in Take())
            reply.TrySetResult(answer);
    }

    /// <summary>
    /// Fails all waiting callers because the activation has failed, each with an exception object of its own
    /// (<see cref="JobFaults.ToCaller"/>).
    /// </summary>
    public void Fail(Exception cause)
    {
        foreach (var reply in Take())
            reply.TrySetException(JobFaults.ToCaller(cause));
    }

    /// <summary>Takes all waiting callers. Callers that are added from now on get into a new list.</summary>
    private List<TaskCompletionSource<T>> Take()
    {
        var asked = waiting;
        waiting = [];
        return asked;
    }
}
