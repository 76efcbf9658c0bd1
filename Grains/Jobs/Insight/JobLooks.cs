namespace OrleansTasks.Jobs;

/// <summary>
/// Callers waiting for insight. Those with the same look share an answer. One grain's turns, no locks.
/// </summary>
internal sealed class JobLooks
{
    private readonly Dictionary<JobLook, Replies<JobInsight?>> waiting = [];

    public bool IsEmpty => waiting.Count == 0;

    public Task<JobInsight?> Add(JobLook look)
    {
        if (!waiting.TryGetValue(look, out var replies))
            waiting.Add(look, replies = new Replies<JobInsight?>());
        return replies.Add();
    }

    /// <summary>
    /// Answers look by look. If work throws, callers with that look fail, others wait; it is rethrown.
    /// </summary>
    public async Task Serve(Func<JobLook, Task<JobInsight?>> work)
    {
        foreach (var look in waiting.Keys.ToArray())
        {
            // A caller that arrives meanwhile gets its own list: the answer may predate its question.
            waiting.Remove(look, out var replies);
            await replies!.Serve(() => work(look));
        }
    }

    public void AnswerNoJob()
    {
        foreach (var replies in waiting.Values)
            replies.Answer(null);
        waiting.Clear();
    }

    /// <summary>Fails all callers of a failed activation.</summary>
    public void Fail(Exception cause)
    {
        foreach (var replies in waiting.Values)
            replies.Fail(cause);
        waiting.Clear();
    }
}
