using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Files;

/// <summary>
/// Removes the artifacts of ended tasks, the earliest end first, until the files that something names are within
/// <see cref="FileDepotOptions.KeptBytes"/>. A task's artifacts count as expired before the first of them is removed,
/// so nobody sees a part of them. The bytes go with the sweep an hour later, so downloads under way can finish.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="index">What attempts left.</param>
/// <param name="options">The bound.</param>
/// <param name="time">The clock.</param>
public sealed class ArtifactRetention(ITaskStore tasks, IFileIndex index, FileDepotOptions options, TimeProvider time)
{
    private const int TasksInStep = 50;
    private const int ArtifactsInStep = 1_000;

    /// <summary>
    /// Removes the artifacts of some tasks. Only one caller in the cluster may do so at a time; otherwise more
    /// artifacts than necessary are removed.
    /// </summary>
    public async Task<ExpiredArtifacts> Step()
    {
        if (options.KeptBytes is not { } most)
            return default;
        var excess = await index.NamedBytes() - most;
        if (excess <= 0)
            return default;
        var oldest = await tasks.Artifacts.Oldest(TasksInStep);
        var (expired, freed) = (0, 0L);
        foreach (var attempt in oldest)
        {
            if (freed >= excess)
                break;
            // Meanwhile the task may have been retried.
            if (!await tasks.Artifacts.Expire(attempt))
                continue;
            freed += await Remove(attempt);
            await tasks.Artifacts.Finish(attempt);
            expired++;
        }

        return new ExpiredArtifacts(expired, freed, HasMore: freed < excess && oldest.Length == TasksInStep);
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
}
