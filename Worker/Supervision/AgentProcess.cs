using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>The agent process, as its supervisor sees it.</summary>
internal sealed unsafe class AgentProcess : IDisposable
{
    // Counts as an end by a signal, because the agent may not have left properly.
    private const int UnknownEnd = 255;

    private readonly int pid;
    private readonly SupervisionPipe pipe;
    private bool reaped;

    /// <summary>Starts the same program with the same arguments in a process group of its own.</summary>
    /// <param name="isReplaceable">
    /// Whether the agent can replace its program: it starts with its signals blocked until its
    /// <see cref="SignalReader"/> reads them, and may ask this process to replace its program as well.
    /// </param>
    internal AgentProcess(bool isReplaceable)
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0)
            throw new IOException($"cannot create a pipe: {Libc.Describe(Libc.LastError)}");
        // The only descriptor, besides the standard ones, that the agent inherits. The agent's children do not.
        _ = Libc.fcntl(ends[1], Libc.F_SETFD, 0);
        var error = Spawn(AgentMark.For(ends[1]), isReplaceable, out pid);
        _ = Libc.close(ends[1]);
        pipe = new(ends[0], ServiceManager.TellReady);
        if (error != 0) throw new IOException($"cannot start the agent: {Libc.Describe(error)}");
        BeginFence(isReplaceable);
    }

    /// <summary>Takes over an agent that an earlier program of this process has started.</summary>
    internal AgentProcess(SupervisorMark mark)
    {
        pid = mark.Agent;
        _ = Libc.fcntl(mark.Descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        pipe = new(mark.Descriptor, ServiceManager.TellReady) { Announced = mark.Announced, Fence = mark.Fence };
        BeginFence(isReplaceable: true);
    }

    /// <summary>Held while the agent is reaped or sent a signal, and while this process's program is replaced.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The process id.</summary>
    internal int ProcessId => pid;

    /// <summary>The exit code; 0 if a signal ended the process, and 255 if it is unknown how it ended.</summary>
    internal int ExitCode { get; private set; }

    /// <summary>The signal that ended the process; 0 if none did.</summary>
    internal int Signal { get; private set; }

    /// <summary>
    /// Whether the agent could not leave properly: a signal killed it, or made it exit at once with the signal's number
    /// + 128.
    /// </summary>
    internal bool WasEndedBySignal => Signal != 0 || ExitCode > 128;

    /// <summary>
    /// Waits for the agent to end, and reaps it. Also reaps every other child that ends before: the first process of a
    /// container is the parent of all orphans there.
    /// </summary>
    internal void Wait()
    {
        int status, found;
        while (NextEnded() is var ended && ended != pid && ended > 0)
            _ = Libc.wait4(ended, null, Libc.WNOHANG | Libc.WALL, null);
        lock (Gate)
        {
            while ((found = Libc.wait4(pid, &status, 0, null)) < 0 && Libc.LastError == Libc.EINTR) { }
            reaped = true;
        }
        if (found != pid)
        {
            ExitCode = UnknownEnd;
            return;
        }
        Signal = status & 0x7f;
        ExitCode = Signal == 0 ? (status >> 8) & 0xff : 0;
    }

    /// <summary>
    /// Waits for a child to end and returns its id; -1 on an error. Does not reap it: the agent is reaped under the
    /// gate, so that <see cref="Send"/> never signals a reused id.
    /// </summary>
    private static int NextEnded()
    {
        var how = stackalloc byte[Libc.OpaqueSize];
        while (true)
        {
            if (Libc.waitid(Libc.P_ALL, 0, how, Libc.WEXITED | Libc.WNOWAIT | Libc.WALL) == 0)
                return *(int*)(how + Libc.SiPidOffset);
            if (Libc.LastError != Libc.EINTR) return -1;
        }
    }

    /// <summary>Sends a signal, unless the process has ended.</summary>
    internal void Send(int signal)
    {
        lock (Gate)
            if (!reaped) _ = Libc.kill(pid, signal);
    }

    /// <summary>
    /// Writes the <see cref="DeadMarker"/> of the agent to the data folder that it announced, if it announced one.
    /// </summary>
    internal void WriteMarker()
    {
        if (pipe.Announced is var (folder, instance))
            DeadMarker.Write(folder, new(instance, pid, TimeProvider.System.GetUtcNow()));
    }

    /// <inheritdoc/>
    public void Dispose() => pipe.Dispose();

    private void BeginFence(bool isReplaceable) =>
        new AgentFence(pid, pipe, BootClock.Instance, isReplaceable ? ReplaceThisProgram : null).Begin();

    /// <summary>
    /// Replaces this process's program by the one that the agent has become. If that fails, this one continues.
    /// </summary>
    private void ReplaceThisProgram()
    {
        string why;
        // The agent must not be reaped in between, or the other program would wait for a process that is gone.
        lock (Gate)
        {
            if (reaped) return;
            var mark = new SupervisorMark(pid, pipe.Descriptor, pipe.Fence, pipe.Announced);
            _ = Libc.fcntl(mark.Descriptor, Libc.F_SETFD, 0);
            why = new ProgramImage().Replace(ProgramImage.EnvironmentWith(SupervisorMark.Variable, mark.ToText()));
            _ = Libc.fcntl(mark.Descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        }
        Console.Error.WriteLine($"The supervisor could not be upgraded and continues: {why}");
    }

    private static int Spawn(string mark, bool isReplaceable, out int pid)
    {
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETPGROUP | Libc.POSIX_SPAWN_SETSIGMASK);
        _ = Libc.posix_spawnattr_setpgroup(attributes, 0);
        SignalReader.Fill(signals, isReplaceable ? SignalReader.OfAgent : []);
        _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
        using var block = new SpawnBlock();
        block.Fill("/proc/self/exe", folder: "", new()
        {
            Arguments = ProgramImage.OwnArguments(),
            // Only this process, whose id systemd knows, reports that the service is ready.
            Environment = ProgramImage.EnvironmentWith(AgentMark.Variable, mark, without: [ServiceManager.Variable]),
        });
        int started;
        var error = Libc.posix_spawn(&started, block.Path, null, attributes, block.Arguments, block.Environment);
        pid = started;
        return error;
    }
}
