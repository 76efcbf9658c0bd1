namespace OrleansTasks.Jobs;

/// <summary>
/// Decides when a running job saves its progress: when at least 64 chunks are unsaved, and at least a second and 20
/// times the last save's duration after that save, so saving takes at most about 5 % of the time. Unsaved progress is
/// not lost: the store has each chunk's results, and a restart folds them again. A silent job looks for ended chunks in
/// the store every second, and each look reads the results of all unsaved chunks again. So one unsaved chunk is enough
/// then. Times are steady milliseconds.
/// </summary>
internal sealed class SavePace
{
    private const long MinUnsavedChunks = 64;
    private const long MinInterval = 1_000;
    private const int DurationFactor = 20;

    // 0 before the first save, which therefore waits only for chunks.
    private long savedAt;
    private long lastDuration;

    public bool IsDue(long unsaved, long now, bool isSilent) =>
        unsaved >= (isSilent ? 1 : MinUnsavedChunks)
        && now - savedAt >= Math.Max(MinInterval, DurationFactor * lastDuration);

    /// <summary>Records a save from building the progress to its commit. A failed save ends the activation.</summary>
    public void Note(long began, long ended) => (savedAt, lastDuration) = (ended, ended - began);
}
