using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Keeps results that the master has not settled for a while (a second, or at shutdown) in the worker's data folder,
/// so that they survive the worker. While the master answers, nothing is written here: a result that is lost with its
/// worker within that second counts as a lost node, as if the worker had died before the command's end.
/// </summary>
internal sealed partial class ResultSpool(AgentState state, ILogger logger) : IDisposable
{
    private readonly Lock writing = new();
    private IResultLog? file;

    /// <summary>How many results are in the file, settled or not. Changed under <see cref="writing"/>.</summary>
    private int recorded;

    /// <summary>Whether there is anything on disk.</summary>
    internal bool HoldsAny => Volatile.Read(ref recorded) > 0;

    /// <summary>Opens the spool and gives back what an earlier run left in it.</summary>
    internal void Open()
    {
        file = state.Machine.OpenResults();
        var results = file.Read();
        // What cannot be read in it is removed as what has been settled.
        recorded = file.IsEmpty ? 0 : Math.Max(1, results.Count);
        if (results.Count == 0)
            return;
        Recovered(results.Count);
        lock (state.Gate)
            foreach (var result in results)
                state.Held.Recover(result, state.Time.GetTimestamp());
    }

    /// <summary>
    /// Writes what has been unsettled for too long, and removes what has been settled once that is at least half of the file; off the
    /// caller's thread.
    /// </summary>
    internal Task KeepAsync()
    {
        bool needed;
        lock (state.Gate)
            needed = state.Held.All.Any(IsDue) || MayShrink(Spooled().Count());
        return needed ? Elsewhere.Run(() => Keep(IsDue, static (recorded, unsettled) => recorded >= 2 * unsettled)) : Task.CompletedTask;
    }

    /// <summary>Has everything that is not settled in the file, and nothing else.</summary>
    internal void KeepAll() =>
        Keep(static a => a is { Phase: AttemptPhase.Ended, Spooled: false }, static (recorded, unsettled) => recorded > unsettled);

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

    private bool MayShrink(int unsettled) => Volatile.Read(ref recorded) is var all and > 0 && all >= 2 * unsettled;

    private void Keep(Func<Attempt, bool> isDue, Func<int, int, bool> isWorthRewriting)
    {
        lock (writing)
        {
            List<Attempt> due, spooled;
            lock (state.Gate)
            {
                due = [.. state.Held.All.Where(isDue)];
                spooled = [.. Spooled()];
            }

            try
            {
                if (recorded > 0 && isWorthRewriting(recorded, spooled.Count))
                    Rewrite([.. spooled, .. due]);
                else if (due.Count > 0)
                    Append(due);
            }
            catch (IOException failure)
            {
                // They stay in memory, and this is tried again.
                SpoolFailed(failure, due.Count);
            }
        }
    }

    private void Append(List<Attempt> due)
    {
        if (file is null)
            return;
        file.Append([.. due.Select(static a => a.Result!)]);
        Volatile.Write(ref recorded, recorded + due.Count);
        NoteSpooled(due);
    }

    private void Rewrite(List<Attempt> unsettled)
    {
        if (file is null)
            return;
        if (unsettled.Count == 0)
            file.Clear();
        else
            file.Replace([.. unsettled.Select(static a => a.Result!)]);
        Volatile.Write(ref recorded, unsettled.Count);
        NoteSpooled(unsettled);
    }

    private void NoteSpooled(List<Attempt> written)
    {
        lock (state.Gate)
            foreach (var attempt in written)
                attempt.Spooled = true;
    }
}
