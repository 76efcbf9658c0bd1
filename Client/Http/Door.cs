namespace OrleansTasks.Client.Http;

/// <summary>
/// Whether the service takes new work. Start-up opens it, shutdown closes it, and calls that create work ask it first, so that
/// a refused one has left no trace.
/// </summary>
public sealed class Door
{
    private volatile string? reason;

    /// <summary>Why it is closed, in a sentence for callers; null when it is open.</summary>
    public string? Reason => reason;

    /// <summary>Takes new work.</summary>
    public void Open() => reason = null;

    /// <summary>Takes no new work; <paramref name="sentence"/> tells callers why.</summary>
    public void Close(string sentence) => reason = sentence;

    /// <summary>Throws 503 <c>not-ready</c> when it is closed.</summary>
    public void Enter()
    {
        if (reason is { } sentence)
            throw new ProblemException(Problems.NotReady(sentence));
    }
}
