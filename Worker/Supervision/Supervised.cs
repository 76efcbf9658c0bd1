using System.Text;
using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>The agent's side of its supervision.</summary>
public static unsafe class Supervised
{
    private static readonly TimeSpan KillBudget = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellBudget = TimeSpan.FromSeconds(5);
    private static Func<Task, Task>? farewell;
    private static Action? supervisorKilled;
    private static int supervisor;
    private static int pipe = -1;
    private static int watchedSupervisor = -1;
    private static bool isWatchable;
    private static (string Folder, string Instance)? announced;

    /// <summary>Whether a supervisor watches over this process.</summary>
    public static bool IsSupervised => pipe >= 0;

    /// <summary>
    /// Reports to the supervisor where to write the marker when this process has ended. The last call counts.
    /// Does nothing without a supervisor.
    /// </summary>
    /// <param name="dataFolder">The worker's data folder.</param>
    /// <param name="instance">The id of this node instance; without line breaks.</param>
    /// <exception cref="ArgumentException">
    /// Both together are longer than 4,000 bytes, or contain a line break.
    /// </exception>
    public static void Announce(string dataFolder, string instance)
    {
        var folder = Path.GetFullPath(dataFolder);
        var record = Encoding.UTF8.GetBytes($"{folder}\0{instance}\n");
        // A pipe accepts a record of this size completely or not at all.
        if (record.Length > 4000 || record.AsSpan().IndexOf((byte)'\n') != record.Length - 1)
            throw new ArgumentException("The folder and the instance must fit in one short line.", nameof(dataFolder));
        announced = (folder, instance);
        Write(record);
    }

    /// <summary>
    /// Sets the time at which the supervisor kills the processes that this process started, unless another time is set
    /// before. Does nothing without a supervisor.
    /// </summary>
    /// <param name="deadline">A timestamp of CLOCK_BOOTTIME in nanoseconds; null to cancel.</param>
    /// <returns>False if the pipe is full because the supervisor is stopped.</returns>
    public static bool Fence(long? deadline) => Write(Encoding.UTF8.GetBytes(SupervisionPipe.FenceRecord(deadline)));

    /// <summary>Has the supervisor become the program that this process has become.</summary>
    internal static void TellReplaced() => Write(SupervisionPipe.ReplacedRecord);

    /// <summary>
    /// Returns the mark by which the program that replaces this one knows that it is the agent, and lets it inherit the
    /// pipe, or keeps it from that.
    /// </summary>
    internal static string MarkForNext(bool inherits)
    {
        _ = Libc.fcntl(pipe, Libc.F_SETFD, inherits ? 0 : Libc.FD_CLOEXEC);
        return AgentMark.For(supervisor, pipe);
    }

    /// <summary>Notifies systemd that the service is ready, through the supervisor if there is one.</summary>
    public static void TellReady()
    {
        if (IsSupervised)
            Write(SupervisionPipe.ReadyRecord);
        else
            ServiceManager.TellReady();
    }

    private static bool Write(ReadOnlySpan<byte> record)
    {
        if (pipe < 0) return true;
        fixed (byte* start = record) return Libc.write(pipe, start, (nuint)record.Length) == record.Length;
    }

    /// <summary>
    /// Sets what this process does at once when its supervisor was killed, before it kills its trees. The function must not
    /// wait.
    /// </summary>
    public static void OnSupervisorKilled(Action react) => supervisorKilled = react;

    /// <summary>
    /// Sets what this process does after its supervisor was killed, before it ends too. The function gets a task that
    /// completes once all trees are dead and the marker is written, and has five seconds from then on.
    /// </summary>
    internal static void OnOrphaned(Func<Task, Task> farewell) => Supervised.farewell = farewell;

    /// <summary>
    /// Reads and removes the mark of this process and begins to watch the supervisor. Returns false if there is none.
    /// If an earlier program has left commands to this one, they must be known before the watch begins, since it kills
    /// them; call <see cref="BeginWatch"/> then.
    /// </summary>
    internal static bool TryEnter()
    {
        if (!AgentMark.TryRead(out supervisor, out var inherited)) return false;
        pipe = inherited;
        _ = Libc.fcntl(pipe, Libc.F_SETFD, Libc.FD_CLOEXEC);
        // A full pipe must not block this process while the supervisor is stopped.
        _ = Libc.fcntl(pipe, Libc.F_SETFL, Libc.O_NONBLOCK);
        Environment.SetEnvironmentVariable(AgentMark.Variable, null);
        var watched = Libc.OpenProcess(supervisor);
        // If the supervisor is already dead, its id may belong to another process, but that is not our parent.
        isWatchable = watched >= 0 && Libc.getppid() == supervisor;
        watchedSupervisor = watched;
        if (HandoverFile.IsLeft) return true;
        if (!isWatchable) Libc._exit(Libc.SIGKILL + 128);
        BeginWatch();
        return true;
    }

    /// <summary>Begins to watch the supervisor.</summary>
    internal static void BeginWatch() => new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "supervisor-watch" }.Start();

    /// <summary>
    /// Waits for the supervisor's end. This uses a descriptor and its own thread instead of PR_SET_PDEATHSIG, whose
    /// signal would be handled on the thread pool, which may be busy.
    /// </summary>
    private static void Watch()
    {
        var wanted = new Libc.PollDescriptor { Descriptor = watchedSupervisor, Events = Libc.POLLIN };
        while (isWatchable && Libc.poll(&wanted, 1, -1) < 0 && Libc.LastError == Libc.EINTR) { }
        supervisorKilled?.Invoke();
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaving = farewell is { } say ? Task.Run(() => say(killed.Task)) : Task.CompletedTask;
        if (TreeKeeper.KillEverything(KillBudget) && announced is var (folder, instance))
        {
            DeadMarker.Write(folder, new(instance, Libc.getpid(), TimeProvider.System.GetUtcNow()));
            killed.SetResult();
            _ = Task.WaitAny([leaving], FarewellBudget);
        }

        Libc._exit(Libc.SIGKILL + 128);
    }
}
