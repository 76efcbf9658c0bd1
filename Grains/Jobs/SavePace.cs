namespace OrleansTasks.Jobs;

/// <summary>
/// Decides when a running job saves its progress; <see cref="JobRunner"/> asks each time it advances the job. The
/// progress is the job's fold (the combined results of ended chunks) and how far the source has been cut into chunks. A
/// save is due when at least 64 folded chunks are not saved, and the time since the last save ended is at least one
/// second and at least 20 times as long as that save took. So saving takes at most about 5 % of the time. Progress that
/// is not saved is not lost: the store has the results of each chunk, and after a restart the job folds those chunks
/// again. The commit that ends a job always includes the progress. Times are Unix milliseconds of a steady clock.
/// </summary>
internal sealed class SavePace
{
    private const long MinUnsavedChunks = 64;
    private const long MinInterval = 1_000;
    private const int DurationFactor = 20;

    // Both are 0 before the first call of Note. A second has long passed since time 0, so the first save waits for 64
    // chunks only.
    private long savedAt;
    private long lastDuration;

    /// <summary>Returns whether a save is due.</summary>
    /// <param name="unsaved">The number of folded chunks that the stored progress does not include.</param>
    /// <param name="now">The current time.</param>
    public bool IsDue(long unsaved, long now) =>
        unsaved >= MinUnsavedChunks && now - savedAt >= Math.Max(MinInterval, DurationFactor * lastDuration);

    /// <summary>
    /// Records a committed save. A failed save is not recorded: it ends the activation of the job's grain, and the next
    /// activation reads the job from the store and has a new object of this type.
    /// </summary>
    /// <param name="began">When the caller began to build the progress.</param>
    /// <param name="ended">When the commit completed.</param>
    public void Note(long began, long ended) => (savedAt, lastDuration) = (ended, ended - began);
}
