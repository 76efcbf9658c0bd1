namespace OrleansTasks.Jobs;

/// <summary>
/// The callers of a job's grain that wait for an insight into the job. Callers with the same look share an answer.
/// </summary>
/// <remarks>Needs no lock: all calls are made in the turns of one grain.</remarks>
internal sealed class JobLooks
{
    private readonly Dictionary<JobLook, Replies<JobInsight?>> waiting = [];

    /// <summary>Whether no caller waits.</summary>
    public bool IsEmpty => waiting.Count == 0;

    /// <summary>Adds a caller, and returns the task of its answer.</summary>
    public Task<JobInsight?> Add(JobLook look)
    {
        if (!waiting.TryGetValue(look, out var replies))
            waiting.Add(look, replies = new Replies<JobInsight?>());
        return replies.Add();
    }

    /// <summary>
    /// Answers all callers that wait, one look after the other. When the work throws, the callers with that look fail,
    /// the others go on waiting, and the exception is thrown on.
    /// </summary>
    public async Task Serve(Func<JobLook, Task<JobInsight?>> work)
    {
        foreach (var look in waiting.Keys.ToArray())
        {
            // A caller that comes during the work gets a list of its own: the answer may be older than its question.
            waiting.Remove(look, out var replies);
            await replies!.Serve(() => work(look));
        }
    }

    /// <summary>Answers all callers that there is no job.</summary>
    public void AnswerNoJob()
    {
        foreach (var replies in waiting.Values)
            replies.Answer(null);
        waiting.Clear();
    }

    /// <summary>Fails all callers because the activation has failed.</summary>
    public void Fail(Exception cause)
    {
        foreach (var replies in waiting.Values)
            replies.Fail(cause);
        waiting.Clear();
    }
}
