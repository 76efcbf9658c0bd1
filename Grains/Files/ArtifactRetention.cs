using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Files;

/// <summary>
/// Removes the artifacts of ended tasks, the earliest end first, until the files that something names are within
/// <see cref="FileDepotOptions.KeptBytes"/>. A task's artifacts count as expired before the first of them is removed,
/// so nobody sees a part of them. The bytes go with the sweep an hour later, so downloads under way can finish.
/// </summary>
/// <remarks>
/// Measuring the excess reads all files, and finding the oldest artifacts all tasks with artifacts. A step therefore
/// continues with what the previous step left. The measure stays valid for a minute, however many tasks are found.
/// </remarks>
/// <param name="tasks">The tasks.</param>
/// <param name="index">What attempts left.</param>
/// <param name="options">The bound.</param>
/// <param name="time">The clock.</param>
public sealed class ArtifactRetention(ITaskStore tasks, IFileIndex index, FileDepotOptions options, TimeProvider time)
{
    private const int TasksInStep = 50;
    private const int ArtifactsInStep = 1_000;

    // Files that others remove meanwhile lower the excess.
    private static readonly TimeSpan LongestWalk = TimeSpan.FromMinutes(1);

    // What the last step left to do; null if it left nothing or failed.
    private Walk? rest;

    /// <summary>How many tasks are found at once; less in tests.</summary>
    internal int TasksInWalk { get; init; } = 10_000;

    /// <summary>
    /// Removes the artifacts of some tasks. Only one caller in the cluster may do so at a time; otherwise more
    /// artifacts than necessary are removed.
    /// </summary>
    public async Task<ExpiredArtifacts> Step()
    {
        if (options.KeptBytes is not { } most)
            return default;
        var walk = rest is { } left && time.GetElapsedTime(left.Began) < LongestWalk ? left : await Begin(most);
        rest = null;
        if (walk is null)
            return default;
        if (walk.Oldest.Count == 0)
            walk.Fill(await tasks.Artifacts.Oldest(TasksInWalk), TasksInWalk);
        var (expired, freed) = (0, 0L);
        for (var tried = 0;
            tried < TasksInStep && freed < walk.Excess && walk.Oldest.TryDequeue(out var attempt);
            tried++)
        {
            // Meanwhile the task may have been retried.
            if (!await tasks.Artifacts.Expire(attempt))
                continue;
            freed += await Remove(attempt);
            await tasks.Artifacts.Finish(attempt);
            expired++;
        }

        walk.Excess -= freed;
        var hasMore = walk.Excess > 0 && (walk.Oldest.Count > 0 || walk.IsCut);
        if (hasMore)
            rest = walk;
        return new ExpiredArtifacts(expired, freed, hasMore);
    }

    // Returns null if the files are within the bound.
    private async Task<Walk?> Begin(long most)
    {
        var began = time.GetTimestamp();
        var excess = await index.NamedBytes() - most;
        return excess > 0 ? new Walk(began, excess) : null;
    }

    private async Task<long> Remove(KeptAttempt attempt)
    {
        var seenAt = (time.GetUtcNow() - ServiceLimits.FileAge + ServiceLimits.ExpiredFileAge).ToUnixTimeMilliseconds();
        var freed = 0L;
        while (true)
        {
            var step = await index.RemoveArtifacts(attempt.Task, attempt.Token, seenAt, ArtifactsInStep);
            freed += step.Freed;
            if (step.Count < ArtifactsInStep)
                return freed;
        }
    }

    private sealed class Walk(long began, long excess)
    {
        /// <summary>When the excess was measured.</summary>
        public long Began => began;

        /// <summary>Whether there may be more attempts than were found.</summary>
        public bool IsCut { get; private set; }

        /// <summary>The bytes to free.</summary>
        public long Excess { get; set; } = excess;

        public Queue<KeptAttempt> Oldest { get; } = new();

        public void Fill(ImmutableArray<KeptAttempt> found, int most)
        {
            IsCut = found.Length == most;
            foreach (var attempt in found)
                Oldest.Enqueue(attempt);
        }
    }
}
