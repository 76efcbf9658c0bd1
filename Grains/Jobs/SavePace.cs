namespace OrleansTasks.Jobs;

/// <summary>
/// Decides when a job saves its progress before its end; <see cref="JobRunner"/> asks in its rounds. The progress is
/// the job's fold (the combined results of ended chunks) and how far the source is cut. A save is due when at least 64
/// folded chunks are not saved, and both one second and 20 times the duration of the last save have passed since that
/// save ended. So saving takes at most about 5 % of the time. What is not saved is not lost: after a restart the job
/// folds the stored chunks again. The commit that ends a job always includes the progress. Times are milliseconds of a
/// steady clock.
/// </summary>
internal sealed class SavePace
{
    private const long MinUnsavedChunks = 64;
    private const long MinInterval = 1_000;
    private const int DurationFactor = 20;

    // Both are 0 before the first save of an activation, which therefore waits for 64 chunks only.
    private long savedAt;
    private long lastDuration;

    /// <summary>Returns whether a save is due.</summary>
    /// <param name="unsaved">The number of folded chunks that the stored progress does not include.</param>
    /// <param name="now">The current time.</param>
    public bool IsDue(long unsaved, long now) =>
        unsaved >= MinUnsavedChunks && now - savedAt >= Math.Max(MinInterval, DurationFactor * lastDuration);

    /// <summary>
    /// Records a committed save. There is no call for a failed save: the job is then discarded, and this object with
    /// it.
    /// </summary>
    /// <param name="began">When the commit began.</param>
    /// <param name="ended">When the commit ended.</param>
    public void Note(long began, long ended) => (savedAt, lastDuration) = (ended, ended - began);
}
