using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// What kills process trees when the agent dies, kill -9 included: a small process above it, the same program started
/// first. Orphans of the agent become its children; it kills them until none is left, writes a <see
/// cref="DeadMarker"/>, and ends as the agent did. It restarts nothing.
/// </summary>
public static class Supervisor
{
    /// <summary>
    /// The first call of Main, before anything else is touched. In the process that a person or a service manager
    /// started it supervises another one with the same arguments, and returns when all is over; in that other one it
    /// returns null at once, and the program goes on.
    /// </summary>
    /// <returns>The exit code to return from Main, or null to go on as the agent.</returns>
    /// <exception cref="IOException">The agent cannot be started or followed; the message says why.</exception>
    public static int? Run() => Run(static () => { });

    /// <summary>The same; <paramref name="onDeath"/> is called in the supervising process when a signal has ended the agent, by
    /// itself or as it was told a second time, and nothing of its trees is left.</summary>
    /// <inheritdoc cref="Run()"/>
    public static int? Run(Action onDeath) => Supervised.TryEnter() ? null : Supervise(onDeath);

    private static int Supervise(Action onDeath)
    {
        if (Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
            throw new IOException($"cannot become a subreaper: {Libc.Describe(Libc.LastError)}");
        ChildSignal.Restore();
        using var agent = new AgentProcess();
        using (new SignalForwarder(agent)) agent.Wait();
        if (OrphanKiller.KillAll())
        {
            agent.WriteMarker();
            if (agent.WasEndedBySignal) onDeath();
        }

        CgroupHierarchy.RemoveLeftBy(agent.ProcessId);
        return agent.Signal == 0 ? agent.ExitCode : DieOf(agent.Signal);
    }

    /// <summary>
    /// Ends by the same signal, so that whoever waits sees what happened; its number + 128 where that fails.
    /// </summary>
    private static unsafe int DieOf(int signal)
    {
        // One core dump of what happened is enough, and it is not this process's.
        var none = stackalloc ulong[2];
        _ = Libc.setrlimit(Libc.RLIMIT_CORE, none);
        var action = stackalloc byte[Libc.OpaqueSize];
        new Span<byte>(action, Libc.OpaqueSize).Clear();
        _ = Libc.sigaction(signal, action, null);
        _ = Libc.kill(Libc.getpid(), signal);
        return 128 + signal;
    }
}
