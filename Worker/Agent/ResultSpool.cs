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

    /// <summary>Whether there is anything on disk.</summary>
    internal bool HoldsAny { get; private set; }

    /// <summary>Opens the spool and gives back what an earlier run left in it.</summary>
    internal void Open()
    {
        file = state.Machine.OpenResults();
        var results = file.Read();
        HoldsAny = !file.IsEmpty;
        if (results.Count == 0)
            return;
        Recovered(results.Count);
        lock (state.Gate)
            foreach (var result in results)
                state.Held.Recover(result, state.Time.GetTimestamp());
    }

    /// <summary>
    /// Writes what has been unsettled for too long, and empties the file once all is settled; off the caller's
    /// thread.
    /// </summary>
    internal Task KeepAsync()
    {
        bool any, needed;
        lock (state.Gate)
        {
            any = state.Held.All.Any(static a => a.Phase == AttemptPhase.Ended);
            needed = any && state.Held.All.Any(IsDue);
        }

        return needed || (HoldsAny && !any) ? Elsewhere.Run(() => Keep(IsDue)) : Task.CompletedTask;
    }

    /// <summary>Writes everything that is not settled.</summary>
    internal void KeepAll() => Keep(static a => a is { Phase: AttemptPhase.Ended, Spooled: false });

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

    private void Keep(Func<Attempt, bool> isDue)
    {
        lock (writing)
        {
            List<Attempt> due;
            bool any;
            lock (state.Gate)
            {
                due = [.. state.Held.All.Where(isDue)];
                any = state.Held.All.Any(static a => a.Phase == AttemptPhase.Ended);
            }

            try
            {
                Write(due, any);
            }
            catch (IOException failure)
            {
                // They stay in memory, and this is tried again.
                SpoolFailed(failure, due.Count);
            }
        }
    }

    private void Write(List<Attempt> due, bool any)
    {
        if (file is null)
            return;
        if (due.Count > 0)
        {
            HoldsAny = true;
            file.Append([.. due.Select(static a => a.Result!)]);
            lock (state.Gate)
                foreach (var attempt in due)
                    attempt.Spooled = true;
        }
        else if (!any && HoldsAny)
        {
            file.Clear();
            HoldsAny = false;
        }
    }
}
