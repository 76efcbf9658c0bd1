using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Keeps results in the worker's data folder that the master has not settled for a while (a second, or at shutdown),
/// so that they survive the worker. While the master answers, nothing is written here: if a worker dies within that
/// second, its result is lost and the attempt ends as node-lost, as if the worker had died before the command's end.
/// </summary>
internal sealed partial class ResultSpool(AgentState state, ILogger logger) : IDisposable
{
    private readonly Lock writing = new();
    private IResultLog? file;

    /// <summary>The number of results in the file, settled or not. Changed under <see cref="writing"/>.</summary>
    private int recorded;

    // Whether KeepAsync has begun a write that has not ended: 0 or 1.
    private int keeping;

    /// <summary>Whether there are any results on disk.</summary>
    internal bool HoldsAny => Volatile.Read(ref recorded) > 0;

    /// <summary>Opens the spool and recovers the results that an earlier run left.</summary>
    internal void Open()
    {
        file = state.Machine.OpenResults();
        var results = file.Read();
        // A file without a readable record counts as one settled result, so that it is cleared.
        recorded = file.IsEmpty ? 0 : Math.Max(1, results.Count);
        if (results.Count == 0)
            return;
        Recovered(results.Count);
        lock (state.Gate)
            foreach (var result in results)
                state.Held.Recover(result, state.Time.GetTimestamp());
    }

    /// <summary>
    /// Writes the results that have been unsettled for too long, and removes settled results once they make up at least
    /// half of the file. Does not write on the caller's thread. While an earlier call still writes, nothing happens:
    /// the calls would hold one thread each if the disk hangs.
    /// </summary>
    internal Task KeepAsync()
    {
        bool isNeeded;
        lock (state.Gate)
            isNeeded = state.Held.All.Any(IsDue) || HasWaste(Spooled().Count());
        if (!isNeeded || Interlocked.Exchange(ref keeping, 1) != 0)
            return Task.CompletedTask;
        return Elsewhere.Run(() =>
        {
            try
            {
                Keep(IsDue, HasWaste);
            }
            finally
            {
                Volatile.Write(ref keeping, 0);
            }
        });
    }

    /// <summary>Writes all unsettled results, and removes all settled ones.</summary>
    internal void KeepAll() =>
        Keep(static a => a is { Phase: AttemptPhase.Ended, Spooled: false }, unsettled => recorded > unsettled);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (writing)
        {
            file?.Dispose();
            file = null;
        }
    }

    private bool IsDue(Attempt attempt) => attempt is { Phase: AttemptPhase.Ended, Spooled: false }
        && state.Time.GetElapsedTime(attempt.EndedAt) >= state.Options.SpoolAfter;

    private IEnumerable<Attempt> Spooled() => state.Held.All.Where(static a => a is { Phase: AttemptPhase.Ended, Spooled: true });

    private bool HasWaste(int unsettled) => Volatile.Read(ref recorded) is var all and > 0 && all >= 2 * unsettled;

    private void Keep(Func<Attempt, bool> isDue, Func<int, bool> isRewritten)
    {
        lock (writing)
        {
            if (file is null)
                return;
            List<Attempt> due, spooled;
            lock (state.Gate)
            {
                due = [.. state.Held.All.Where(isDue)];
                spooled = [.. Spooled()];
            }

            try
            {
                if (isRewritten(spooled.Count))
                    Rewrite(file, [.. spooled, .. due]);
                else if (due.Count > 0)
                    Append(file, due);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The results stay in memory, and the write is repeated later.
                SpoolFailed(failure, due.Count);
            }
        }
    }

    private void Append(IResultLog log, List<Attempt> due)
    {
        log.Append([.. due.Select(static a => a.Result!)]);
        NoteSpooled(due, recorded + due.Count);
    }

    private void Rewrite(IResultLog log, List<Attempt> unsettled)
    {
        if (unsettled.Count == 0)
            log.Clear();
        else
            log.Replace([.. unsettled.Select(static a => a.Result!)]);
        NoteSpooled(unsettled, unsettled.Count);
    }

    private void NoteSpooled(List<Attempt> written, int inFile)
    {
        Volatile.Write(ref recorded, inFile);
        lock (state.Gate)
            foreach (var attempt in written)
                attempt.Spooled = true;
    }
}
