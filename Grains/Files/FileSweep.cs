using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Files;

/// <summary>
/// Removes files that nothing has named for a day, in small steps: it claims them in the index, deletes their bytes and forgets them. Bytes
/// that the index does not know, as after a restore of an older backup, go the same way. Before that it removes artifacts that are no
/// task's: those of attempts that did not end their task, and those of tasks that are gone.
/// </summary>
/// <param name="store">The bytes.</param>
/// <param name="index">Which files are stored.</param>
/// <param name="tasks">Which attempt ended a task.</param>
/// <param name="random">Numbers the rounds.</param>
/// <param name="time">The clock.</param>
public sealed class FileSweep(IFileStore store, IFileIndex index, ITaskStore tasks, IRandomness random, TimeProvider time)
{
    private const int FilesInStep = 200;
    private const int PartsInRound = IFileStore.Parts / 32;

    // A claim this old is one of a sweep that has stopped, and no upload is silent for so long.
    private static readonly TimeSpan Stopped = TimeSpan.FromHours(1);
    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(50);
    private const int AttemptsInRound = 1_000;
    private const int ArtifactsInStep = 1_000;
    private int nextPart;

    // The task whose artifacts were looked at last; null to begin anew.
    private TaskId? lastTask;

    /// <summary>
    /// Removes what is due, and returns how many files went. With <paramref name="isAlone"/>, no other process has used the store since
    /// this one started, so whatever is unfinished and not this process's own will remain so.
    /// </summary>
    public async Task<int> Round(bool isAlone, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var claim = new FileClaim((long)random.NextBits(), now.ToUnixTimeMilliseconds());
        var (seenBefore, claimedBefore) = (
            (now - ServiceLimits.FileAge).ToUnixTimeMilliseconds(), (isAlone ? now : now - Stopped).ToUnixTimeMilliseconds());
        await store.DiscardLeft(isAlone ? TimeSpan.Zero : Stopped);
        await RemoveArtifacts(seenBefore, cancellation);
        var removed = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var step = await index.Claim(seenBefore, claimedBefore, claim, FilesInStep);
            removed += await Remove(step.Names, claim);
            if (!step.HasMore)
                break;
            await Task.Delay(BetweenSteps, time, cancellation);
        }

        for (var part = 0; part < PartsInRound; part++)
            removed += await RemoveOrphans(claim, cancellation);
        return removed;
    }

    private async Task RemoveArtifacts(long recordedBefore, CancellationToken cancellation)
    {
        var attempts = await index.OldArtifacts(recordedBefore, lastTask, AttemptsInRound);
        foreach (var ofTask in attempts.GroupBy(static attempt => attempt.Task))
        {
            cancellation.ThrowIfCancellationRequested();
            var record = await tasks.Get(ofTask.Key);
            // The artifacts of a job stay as long as the job. An attempt that is under way may still end its task.
            if (record is null ? await tasks.Jobs.Get(ofTask.Key) is not null : !record.State.IsFinal())
                continue;
            var kept = record is { Artifacts.IsExpired: false }
                ? (await tasks.FindOutput(record.Id, record.Attempt))?.Token : null;
            foreach (var (task, token) in ofTask.Where(attempt => attempt.Token != kept))
                await RemoveArtifacts(task, token);
        }

        lastTask = attempts.Length < AttemptsInRound ? null : attempts[^1].Task;
    }

    private async Task RemoveArtifacts(TaskId task, LeaseToken token)
    {
        // Their files stay for another day.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        while ((await index.RemoveArtifacts(task, token, now, ArtifactsInStep)).Count == ArtifactsInStep)
        {
        }
    }

    private async Task<int> RemoveOrphans(FileClaim claim, CancellationToken cancellation)
    {
        // Advances first, so that a part that cannot be read does not keep the following ones from being swept.
        var part = nextPart;
        nextPart = (nextPart + 1) % IFileStore.Parts;
        var removed = 0;
        foreach (var names in (await store.List(part)).Chunk(FilesInStep))
        {
            cancellation.ThrowIfCancellationRequested();
            var claimed = new List<FileName>();
            foreach (var name in await index.Unknown(names))
            {
                // An upload may have announced it meanwhile.
                if (await index.ClaimOrphan(name, claim))
                    claimed.Add(name);
            }

            removed += await Remove(claimed, claim);
        }

        return removed;
    }

    private async Task<int> Remove(IReadOnlyList<FileName> names, FileClaim claim)
    {
        foreach (var name in names)
        {
            // A pause of this process may have been so long that another sweep has taken over the claim.
            if (await index.Holds(name, claim))
                await store.Delete(name);
        }

        if (names.Count > 0)
            await index.Forget(names, claim);
        return names.Count;
    }
}
