using System.Text;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>The agent's side of its supervision.</summary>
public static unsafe class Supervised
{
    private static readonly TimeSpan KillBudget = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellBudget = TimeSpan.FromSeconds(2);
    private static Func<Task, Task>? farewell;
    private static int supervisor;
    private static int pipe = -1;
    private static (string Folder, string Instance)? announced;

    /// <summary>Whether a supervisor watches over this process.</summary>
    public static bool IsSupervised => pipe >= 0;

    /// <summary>
    /// Tells the supervisor where to write the marker when this process has ended. The last call counts. Without a
    /// supervisor it does nothing.
    /// </summary>
    /// <param name="dataFolder">The worker's data folder.</param>
    /// <param name="instance">The id of this node instance; no line breaks.</param>
    /// <exception cref="ArgumentException">
    /// Both together are longer than 4,000 bytes, or contain line breaks.
    /// </exception>
    public static void Announce(string dataFolder, string instance)
    {
        var folder = Path.GetFullPath(dataFolder);
        var record = Encoding.UTF8.GetBytes($"{folder}\0{instance}\n");
        // So much is written to a pipe whole or not at all.
        if (record.Length > 4000 || record.AsSpan().IndexOf((byte)'\n') != record.Length - 1)
            throw new ArgumentException("The folder and the instance must fit in one short line.", nameof(dataFolder));
        announced = (folder, instance);
        Write(record);
    }

    /// <summary>
    /// Tells the supervisor when to kill the processes that this process has started, unless it is told another time
    /// before. Does nothing without a supervisor.
    /// </summary>
    /// <param name="deadline">A timestamp of CLOCK_BOOTTIME in nanoseconds; null: do not kill them.</param>
    /// <returns>False when the pipe is full, because the supervisor is stopped.</returns>
    public static bool Fence(long? deadline) => Write(Encoding.UTF8.GetBytes(SupervisionPipe.FenceRecord(deadline)));

    /// <summary>Has the supervisor tell systemd that the service is ready.</summary>
    internal static void TellReady() => Write(SupervisionPipe.ReadyRecord);

    private static bool Write(ReadOnlySpan<byte> record)
    {
        if (pipe < 0) return true;
        fixed (byte* start = record) return Libc.write(pipe, start, (nuint)record.Length) == record.Length;
    }

    /// <summary>
    /// What this process says when its supervisor was killed, before it ends too. It is called with a task that completes once all
    /// trees are dead and the marker is written, and is given two seconds from then on.
    /// </summary>
    internal static void OnOrphaned(Func<Task, Task> farewell) => Supervised.farewell = farewell;

    /// <summary>Takes the mark off this process and begins to watch the supervisor; false when it has none.</summary>
    internal static bool TryEnter()
    {
        if (!AgentMark.TryRead(out supervisor, out var inherited)) return false;
        pipe = inherited;
        _ = Libc.fcntl(pipe, Libc.F_SETFD, Libc.FD_CLOEXEC);
        // A full pipe must not block this process while the supervisor is stopped.
        _ = Libc.fcntl(pipe, Libc.F_SETFL, Libc.O_NONBLOCK);
        Environment.SetEnvironmentVariable(AgentMark.Variable, null);
        var watched = Libc.OpenProcess(supervisor);
        // Dead already: the id may belong to somebody else by now, but not to our parent.
        if (watched < 0 || Libc.getppid() != supervisor) Libc._exit(Libc.SIGKILL + 128);
        new Thread(() => Watch(watched), 256 * 1024) { IsBackground = true, Name = "supervisor-watch" }.Start();
        return true;
    }

    /// <summary>
    /// Waits for the supervisor's end. A descriptor and a thread of its own rather than PR_SET_PDEATHSIG: a signal
    /// would be handled on the thread pool, which may be busy just then.
    /// </summary>
    private static void Watch(int watched)
    {
        var wanted = new Libc.PollDescriptor { Descriptor = watched, Events = Libc.POLLIN };
        while (Libc.poll(&wanted, 1, -1) < 0 && Libc.LastError == Libc.EINTR) { }
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
