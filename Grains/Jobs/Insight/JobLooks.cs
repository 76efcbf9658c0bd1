namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// Callers that wait for insight. Callers with the same look share an answer. Used in one grain's turns, without locks.
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
    /// Answers one look after the other. If the work throws, the callers with that look fail, the others keep waiting,
    /// and the exception is rethrown.
    /// </summary>
    public async Task Serve(Func<JobLook, Task<JobInsight?>> work)
    {
        foreach (var look in waiting.Keys.ToArray())
        {
            // A caller that arrives during the work gets a list of its own: the answer may predate its question.
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
