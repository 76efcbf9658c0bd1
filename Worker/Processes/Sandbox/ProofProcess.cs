using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// The process that a proof waits for. Another thread can stop the proof: that kills the process with all that it has
/// started, and the proof starts no other.
/// </summary>
internal sealed unsafe class ProofProcess
{
    /// <summary>What a stopped proof returns. The thread that stopped it says why.</summary>
    internal const string Stopped = "the test was stopped";

    private readonly Lock gate = new();
    private int pid;
    private bool isStopped;

    /// <summary>Whether the proof was stopped.</summary>
    internal bool IsStopped
    {
        get
        {
            lock (gate) return isStopped;
        }
    }

    /// <summary>Records a process that has started. Kills it if the proof was stopped before.</summary>
    internal void Begin(int started)
    {
        lock (gate)
        {
            pid = started;
            if (isStopped) Kill();
        }
    }

    /// <summary>Waits until the process has ended, and reaps it.</summary>
    internal void Reap()
    {
        // Until it is reaped, its id belongs to no other process, so it can still be killed by it.
        var how = stackalloc byte[Libc.OpaqueSize];
        while (Libc.waitid(Libc.P_PID, pid, how, Libc.WEXITED | Libc.WNOWAIT) < 0 && Libc.LastError == Libc.EINTR) { }
        lock (gate)
        {
            Libc.Reap(pid);
            pid = 0;
        }
    }

    /// <summary>Stops the proof.</summary>
    internal void Stop()
    {
        lock (gate)
        {
            isStopped = true;
            if (pid != 0) Kill();
        }
    }

    /// <summary>
    /// Kills what the process has started, which it then reaps before it ends; or the process, if it has started nothing.
    /// </summary>
    private void Kill()
    {
        List<ProcessStat> started = [];
        ProcessTree.AddDescendants(pid, started);
        foreach (var stat in started) _ = ProcessTree.Signal(stat, Libc.SIGKILL);
        if (started.Count == 0) _ = Libc.kill(pid, Libc.SIGKILL);
    }
}
