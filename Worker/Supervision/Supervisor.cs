using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Kills process trees when the agent dies, even from kill -9. It is a small parent process, the same program
/// started first. Orphans of the agent become its children; it kills them until none is left, writes a
/// <see cref="DeadMarker"/>, and ends in the same way as the agent. It restarts nothing.
/// </summary>
public static class Supervisor
{
    /// <summary>
    /// Must be the first call of Main. In the process that a user or a service manager started, it supervises a second
    /// process with the same arguments and returns when everything is over.
    /// In the second process, it returns null at once, and the program continues as the agent.
    /// </summary>
    /// <returns>The exit code to return from Main, or null to continue as the agent.</returns>
    /// <exception cref="IOException">The agent cannot be started or followed; the message says why.</exception>
    public static int? Run() => Run(static () => { });

    /// <summary>
    /// Does the same as <see cref="Run()"/>. Calls <paramref name="onDeath"/> in the supervising process if a signal
    /// ended the agent, directly or by a second request to end, and nothing of its trees is left.
    /// </summary>
    /// <inheritdoc cref="Run()"/>
    public static int? Run(Action onDeath) => Run(onDeath, isReplaceable: false);

    /// <summary>
    /// Does the same as <see cref="Run(Action)"/>. If <paramref name="isReplaceable"/> is set, SIGUSR2 asks the agent to
    /// continue as the program that is installed now, and this process follows it.
    /// </summary>
    /// <inheritdoc cref="Run()"/>
    internal static int? Run(Action onDeath, bool isReplaceable) => Supervised.TryEnter() ? null : Supervise(onDeath, isReplaceable);

    private static int Supervise(Action onDeath, bool isReplaceable)
    {
        if (Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
            throw new IOException($"cannot become a subreaper: {Libc.Describe(Libc.LastError)}");
        if (isReplaceable)
            SignalReader.BlockInAllThreads(SignalReader.OfSupervisor);
        ChildSignal.Restore();
        using var agent = isReplaceable && SupervisorMark.TakeOwn() is { } mark ? new AgentProcess(mark) : new AgentProcess(isReplaceable);
        using (isReplaceable ? (IDisposable)new SignalReader(SignalReader.OfSupervisor, agent.Gate, agent.Send) : new SignalForwarder(agent))
            agent.Wait();
        if (OrphanKiller.KillAll())
        {
            agent.WriteMarker();
            if (agent.WasEndedBySignal) onDeath();
        }

        CgroupHierarchy.RemoveLeftBy(agent.ProcessId);
        return agent.Signal == 0 ? agent.ExitCode : DieOf(agent.Signal);
    }

    /// <summary>
    /// Ends this process by the same signal, so that its parent sees what happened. If that fails, returns the signal's
    /// number + 128.
    /// </summary>
    private static unsafe int DieOf(int signal)
    {
        // One core dump, the agent's, is enough.
        var none = stackalloc ulong[2];
        _ = Libc.setrlimit(Libc.RLIMIT_CORE, none);
        var action = stackalloc byte[Libc.OpaqueSize];
        new Span<byte>(action, Libc.OpaqueSize).Clear();
        _ = Libc.sigaction(signal, action, null);
        _ = Libc.kill(Libc.getpid(), signal);
        return 128 + signal;
    }
}
