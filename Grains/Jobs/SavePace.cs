namespace OrleansTasks.Jobs;

/// <summary>
/// When a running job's fold is stored again: not for a few chunks, not more than once a second, and not so often that storing takes more
/// than a twentieth of the time. Times are steady milliseconds.
/// </summary>
internal sealed class SavePace
{
    private const long LeastChunks = 64;
    private const long Period = 1_000;
    private const int Share = 20;
    private long savedAt;
    private long cost;

    /// <summary>Whether it is time, with so many chunks that are not covered.</summary>
    public bool IsDue(long unsaved, long now) => unsaved >= LeastChunks && now - savedAt >= Math.Max(Period, Share * cost);

    /// <summary>The fold was stored, which took from one time to another.</summary>
    public void Note(long began, long ended) => (savedAt, cost) = (ended, ended - began);
}
