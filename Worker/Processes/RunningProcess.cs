using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Forwarding;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// One attempt. Its spawn loop owns it until the command is reaped, and then the tree keeper, if processes are left.
/// Other threads only send signals, under the gate that keeps the process id from being reused.
/// </summary>
internal sealed partial class RunningProcess(StartRequest request, HostParts host) : IRunningProcess
{
    private readonly TaskCompletionSource<ProcessOutcome> completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Lock gate = new();
    private readonly TimeProvider time = host.Time;
    private int pid;
    private volatile bool reaped;
    private ProcessEndReason? stopReason;
    private bool signalled;
    private long killAt = long.MaxValue;
    private ITimer? timeoutTimer;
    private ITimer? killTimer;
    private SlowStart? starting;
    private Forwarder? forwarder;

    /// <inheritdoc/>
    public Task<ProcessOutcome> Completion => completion.Task;

    /// <inheritdoc/>
    public int ProcessId => pid;

    /// <summary>The request that it was started with.</summary>
    internal StartRequest Request => request;

    /// <summary>The user that it runs as; null for this process's own user, or if not decided yet.</summary>
    internal RunAsUser? User { get; set; }

    /// <summary>What its sandbox has; null if it runs without one, or if not decided yet.</summary>
    internal SandboxPlan? Sandbox { get; set; }

    /// <summary>Builds its sandbox.</summary>
    internal SandboxHost Sandboxes => host.Sandboxes;

    /// <summary>Its container; null if it runs in none, or has not been prepared yet.</summary>
    internal ContainerRun? Container { get; set; }

    /// <summary>The number that marks its descendants; 0 if it has none.</summary>
    internal int Tag { get; set; }

    /// <summary>Whether the command runs or may still start.</summary>
    internal bool IsRunning => !reaped;

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => Stop(ProcessEndReason.Cancelled, killGrace);

    /// <inheritdoc/>
    public void KillNow() => Stop(ProcessEndReason.Killed, TimeSpan.Zero);

    /// <summary>Kills the tree because it exceeded a limit.</summary>
    internal void Exceed(ProcessEndReason reason) => Stop(reason, TimeSpan.Zero);

    /// <summary>Returns whether the command may still start, and records the time of the attempt to start it.</summary>
    internal bool TryBegin()
    {
        StartedAt = time.GetUtcNow();
        startedTimestamp = time.GetTimestamp();
        lock (gate) return stopReason is null;
    }

    /// <summary>
    /// Assigns the start to a thread of its own. From now on a stop goes to that thread, and the timeout counts.
    /// Returns false if the attempt was stopped before.
    /// </summary>
    internal bool TryBegin(SlowStart start)
    {
        lock (gate)
        {
            if (stopReason is not null) return false;
            starting = start;
            if (request.Files is not { HasInputs: true }) StartTimeout();
            return true;
        }
    }

    /// <summary>Lets the timeout count from now on, since the inputs are in the working folder.</summary>
    internal void NoteInputs()
    {
        lock (gate)
            if (!reaped) StartTimeout();
    }

    /// <summary>
    /// Serves the socket that listens in the network of its sandbox; a negative number for none. Called before any
    /// thread can reap it.
    /// </summary>
    internal void Forward(int listener)
    {
        if (listener < 0) return;
        var hosts = HostList.Parse(request.Sandbox!.Allow, out var fault)
            ?? throw new InvalidOperationException($"'{fault}' is not HOST:PORT.");
        try
        {
            var task = $"{VariableOf("TASK_ID")} (attempt {VariableOf("TASK_ATTEMPT")})";
            forwarder = new(listener, hosts, task, time, host.Logger);
        }
        catch (System.Net.Sockets.SocketException failure)
        {
            Abandon($"cannot serve the network of its sandbox: {failure.Message}");
        }
    }

    private string? VariableOf(string name) =>
        request.Environment.LastOrDefault(variable => variable.Key == name).Value;

    /// <summary>Whether it has been asked to stop.</summary>
    internal bool IsStopped
    {
        get
        {
            lock (gate) return stopReason is not null;
        }
    }

    /// <summary>Records that the command runs. Called before any thread can reap it.</summary>
    internal void Begin(int processId)
    {
        lock (gate)
        {
            pid = processId;
            StartTimeout();
            if (stopReason is not null) Signal();
        }
    }

    /// <summary>
    /// Reaps the command, which has ended. Kills its process group first, so that the group leaves no orphans.
    /// </summary>
    internal unsafe void Reap()
    {
        Libc.ResourceUsage usage;
        int status;
        lock (gate)
        {
            // The command is not reaped yet, so its process group cannot belong to anyone else.
            _ = Libc.kill(-pid, Libc.SIGKILL);
            while (Libc.wait4(pid, &status, 0, &usage) < 0 && Libc.LastError == Libc.EINTR) { }
            reaped = true;
            timeoutTimer?.Dispose();
            killTimer?.Dispose();
        }
        waitStatus = status;
        AddUsage(in usage);
    }

    private void StartTimeout()
    {
        if (request.Timeout is not { } timeout || timeoutTimer is not null) return;
        timeoutAt = time.GetTimestamp() + ToTicks(timeout);
        timeoutTimer = time.CreateTimer(static p => ((RunningProcess)p!).TimeOut(), this, timeout,
            System.Threading.Timeout.InfiniteTimeSpan);
    }

    private void TimeOut() => Stop(ProcessEndReason.Timeout, request.KillGrace);

    private void Stop(ProcessEndReason reason, TimeSpan killGrace)
    {
        lock (gate)
        {
            if (reaped)
            {
                // The artifacts may still be collected.
                if (request.Files is not { HasArtifacts: true } files) return;
                stopReason ??= reason;
                files.Stop();
                return;
            }
            stopReason ??= reason;
            if (killGrace > StartRequestCheck.LongestTimer) killGrace = StartRequestCheck.LongestTimer;
            // 0 stands for SIGKILL at once.
            var at = killGrace <= TimeSpan.Zero ? 0 : time.GetTimestamp() + ToTicks(killGrace);
            if (at >= killAt) return;
            killAt = at;
            if (pid != 0) Signal();
        }
        if (ProcessId == 0) starting?.Stop();
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>
    /// Sends SIGTERM once and sets the timer for SIGKILL, or sends SIGKILL if it is due. Called under the gate.
    /// </summary>
    private void Signal()
    {
        if (killAt == 0)
        {
            Kill();
            return;
        }
        if (!signalled)
        {
            signalled = true;
            Terminate();
        }
        var left = TimeSpan.FromSeconds(Math.Max(0, (double)(killAt - time.GetTimestamp()) / time.TimestampFrequency));
        if (killTimer is null)
            killTimer = time.CreateTimer(static p => ((RunningProcess)p!).GraceIsOver(), this, left,
                System.Threading.Timeout.InfiniteTimeSpan);
        else killTimer.Change(left, System.Threading.Timeout.InfiniteTimeSpan);
    }

    private void Terminate()
    {
        if (Container is { } container)
        {
            // The command must get one signal only, so the engine passes it on only if the worker cannot send it.
            if (!container.TrySignal(Libc.SIGTERM)) _ = Libc.kill(pid, Libc.SIGTERM);
            return;
        }
        _ = Libc.kill(-pid, Libc.SIGTERM);
        // A suspended process handles SIGTERM only once it is continued.
        _ = Libc.kill(-pid, Libc.SIGCONT);
        TreeKeeper.Shared.Signal(this, Libc.SIGTERM);
    }

    private void GraceIsOver()
    {
        lock (gate)
        {
            if (reaped) return;
            killAt = 0;
            Kill();
        }
    }

    private void Kill()
    {
        _ = Libc.kill(-pid, Libc.SIGKILL);
        TreeKeeper.Shared.Signal(this, Libc.SIGKILL);
    }
}
