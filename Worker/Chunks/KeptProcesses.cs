using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Keeps the programs of jobs between chunks, at most as many idle ones as there are slots. After some idle time, a
/// program's input is closed. The program is killed if it does not then end by itself, or at once if that many others
/// are already ending.
/// </summary>
internal sealed class KeptProcesses : IDisposable
{
    /// <summary>How long an idle program is kept.</summary>
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

    /// <summary>Whether no more programs are started.</summary>
    internal bool IsClosing
    {
        get
        {
            lock (gate)
                return closing;
        }
    }

    /// <summary>
    /// Returns a program of a job: the one that became idle last, or a new one. Throws the exceptions of the host's
    /// start.
    /// </summary>
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

    /// <summary>Returns a program that can take another chunk.</summary>
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

    /// <summary>Kills the idle programs.</summary>
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

    /// <summary>Kills all programs and starts no more. Completes once nothing of their trees is left.</summary>
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
