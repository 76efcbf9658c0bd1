namespace OrleansTasks.Nodes;

/// <summary>
/// The questions about folders that wait for the answer of a node's worker. They are few and short-lived, and are lost
/// with the activation: who asked then asks again later.
/// </summary>
/// <param name="time">Limits how long an answer may take.</param>
internal sealed class FolderQuestions(TimeProvider time)
{
    /// <summary>Maximum number of questions that wait at once.</summary>
    public const int Most = 1_000;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);
    private readonly Dictionary<(long Session, long Number), TaskCompletionSource<FolderReply>> waiting = [];
    private long last;

    /// <summary>Asks the worker of a session that lists folders.</summary>
    public async Task<FolderReply> Ask(NodeSession session, INodeConnectionObserver connection, string folder, string match)
    {
        if (waiting.Count >= Most)
            return FolderReply.Failed($"{ServiceLimits.Count(Most)} other schedules wait for the node's answer.");
        var question = new FolderQuestion(++last, folder, match);
        var answer = new TaskCompletionSource<FolderReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add((session.Number, question.Number), answer);
        try
        {
            await connection.Deliver(new CommandBatch(session.Number, [], [], []) { Folders = [question] });
            return await answer.Task.WaitAsync(AnswerWithin, time);
        }
        catch (TimeoutException)
        {
            return FolderReply.Failed($"The node did not answer within {AnswerWithin.TotalSeconds} seconds.");
        }
        finally
        {
            waiting.Remove((session.Number, question.Number));
        }
    }

    /// <summary>Passes an answer on, unless nobody waits for it any more.</summary>
    public void Answer(long session, long number, FolderReply reply)
    {
        if (waiting.TryGetValue((session, number), out var answer))
            answer.TrySetResult(reply);
    }
}
