using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Keeps the programs of jobs between their chunks, at most as many idle ones as there are slots. One that has had nothing to do for a
/// while sees the end of its input, and is killed if it does not end by itself, or at once when as many others are ending.
/// </summary>
internal sealed class KeptProcesses : IDisposable
{
    /// <summary>How long a program is kept without work.</summary>
    internal static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);
    private readonly IProcessHost host;
    private readonly TimeProvider time;
    private readonly TimeSpan silence;
    private readonly int most;
    private readonly Lock gate = new();
    private readonly LinkedList<(string Job, KeptProcess Process)> idle = new();
    private readonly HashSet<KeptProcess> alive = [];
    private readonly ITimer timer;
    private int ending;
    private bool closing;

    internal KeptProcesses(IProcessHost host, int most, TimeSpan silence, TimeProvider time)
    {
        (this.host, this.most, this.silence, this.time) = (host, most, silence, time);
        timer = time.CreateTimer(
            static self => ((KeptProcesses)self!).EndIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it starts no more.</summary>
    internal bool IsClosing
    {
        get
        {
            lock (gate)
                return closing;
        }
    }

    /// <summary>A program of a job: the one that was idle last, or a new one. Throws what the host's start throws.</summary>
    internal KeptProcess Rent(string job, StartRequest request, bool onlyNew)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing, this);
            for (var node = onlyNew ? null : idle.Last; node is not null;)
            {
                var (candidate, before) = (node, node.Previous);
                node = before;
                if (candidate.Value.Job != job)
                    continue;
                idle.Remove(candidate);
                if (candidate.Value.Process.IsAlive)
                    return candidate.Value.Process;
            }

            var process = new KeptProcess(host, request, silence, time);
            alive.Add(process);
            _ = ForgetAsync(process);
            return process;
        }
    }

    /// <summary>Gives one back that is good for another chunk.</summary>
    internal void Return(string job, KeptProcess process)
    {
        KeptProcess? oldest = null;
        lock (gate)
        {
            process.IdleSince = time.GetTimestamp();
            idle.AddLast((job, process));
            if (idle.Count > most)
            {
                oldest = idle.First!.Value.Process;
                idle.RemoveFirst();
            }

            if (idle.Count == 1)
                timer.Change(IdleLimit, Timeout.InfiniteTimeSpan);
        }

        if (oldest is not null)
            _ = EndAsync(oldest);
    }

    /// <summary>Kills those that have nothing to do.</summary>
    internal void KillIdle()
    {
        KeptProcess[] doomed;
        lock (gate)
        {
            doomed = [.. idle.Select(static entry => entry.Process)];
            idle.Clear();
        }

        foreach (var process in doomed)
            process.Kill();
    }

    /// <summary>Kills all, starts no more, and completes once nothing of their trees is left.</summary>
    internal async Task CloseAsync()
    {
        KeptProcess[] doomed;
        lock (gate)
        {
            closing = true;
            idle.Clear();
            doomed = [.. alive];
        }

        foreach (var process in doomed)
            process.Kill();
        foreach (var process in doomed)
            await process.Completion;
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private async Task ForgetAsync(KeptProcess process)
    {
        await process.Completion;
        lock (gate)
            alive.Remove(process);
        process.Dispose();
    }

    private void EndIdle()
    {
        var ended = new List<KeptProcess>();
        lock (gate)
        {
            var now = time.GetTimestamp();
            while (idle.First is { } first && time.GetElapsedTime(first.Value.Process.IdleSince, now) >= IdleLimit)
            {
                ended.Add(first.Value.Process);
                idle.RemoveFirst();
            }

            if (idle.First is { } next)
            {
                var left = IdleLimit - time.GetElapsedTime(next.Value.Process.IdleSince, now);
                timer.Change(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var process in ended)
            _ = EndAsync(process);
    }

    private async Task EndAsync(KeptProcess process)
    {
        lock (gate)
        {
            if (ending == most)
            {
                process.Kill();
                return;
            }

            ending++;
        }

        process.CloseInput();
        try
        {
            await process.Completion.WaitAsync(EndGrace, time);
        }
        catch (TimeoutException)
        {
            process.Kill();
        }

        lock (gate)
            ending--;
    }
}
