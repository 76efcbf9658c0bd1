namespace OrleansTasks.Jobs;

/// <summary>
/// Decides when a running job saves its progress. A job saves when at least 64 folded chunks are not saved, at most
/// once a second, and only after 20 times the duration of the previous save, so that saving takes at most about a
/// twentieth of the time. What is not saved is not lost: after a restart it is folded again from the stored chunks. Times are steady
/// milliseconds.
/// </summary>
internal sealed class SavePace
{
    private const long LeastChunks = 64;
    private const long Period = 1_000;
    private const int Share = 20;
    private long savedAt;
    private long cost;

    /// <summary>Whether the job must save its progress now.</summary>
    /// <param name="unsaved">The number of folded chunks that the stored progress does not include.</param>
    /// <param name="now">The current time.</param>
    public bool IsDue(long unsaved, long now) => unsaved >= LeastChunks && now - savedAt >= Math.Max(Period, Share * cost);

    /// <summary>Records a save that was committed, by the times at which it began and ended.</summary>
    public void Note(long began, long ended) => (savedAt, cost) = (ended, ended - began);
}
