using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Holds a new process between its creation and its program, while another thread sets its limits from outside.
/// The program itself is started as any other: no shell, no helper, no other argument or variable.
/// </summary>
/// <remarks>
/// posix_spawn(3) stops its caller until the program runs, and tells the process id only then. But it can have the new
/// process open files first, and opening a FIFO waits for the other end:
/// <code>
/// new process:  opens and closes "arrival" ──► opens "gate", waits ····················► opens "arrival" ──► program
/// this thread:  sees that ──► finds the process ──► limits it ──► opens the other end of "gate"
/// </code>
/// If a limit cannot be set, this thread closes its end of "arrival" before it opens the gate. The process's last open
/// then fails, and so does posix_spawn. It therefore never runs the program without its limits.
/// </remarks>
internal sealed unsafe class HeldStart : IDisposable
{
    private const int PollMilliseconds = 100;
    private const int LatestIds = 64;
    private static readonly string[] Folders = ["/dev/shm", Path.GetTempPath()];
    private readonly Func<int, string?> limit;
    private readonly string? mark;
    private readonly Thread thread;
    private int arrival = -1;
    private int arrivals = -1;
    private int gate = -1;
    private int opened = -1;
    private volatile bool isOver;
    private string? failure;

    private HeldStart(Func<int, string?> limit, int output)
    {
        (this.limit, mark) = (limit, Target("self", output));
        thread = new(Run, 256 * 1024) { IsBackground = true, Name = "task-limit" };
    }

    /// <summary>Prepares to hold a process. Returns null and an error number if that is not possible.</summary>
    /// <param name="limit">Sets the limits of a process; returns why that is not possible, or null.</param>
    /// <param name="output">What the process has as its standard output, and no other process has.</param>
    /// <param name="error">Receives the error number.</param>
    internal static HeldStart? Prepare(Func<int, string?> limit, int output, out int error)
    {
        var held = new HeldStart(limit, output);
        if (MakeFifo(out held.arrival) && MakeFifo(out held.gate)
            && Reopen(held.arrival, Libc.O_RDONLY | Libc.O_NONBLOCK, out held.arrivals))
        {
            error = 0;
            if (held.TryStartThread()) return held;
            error = Libc.EAGAIN;
        }
        else error = Libc.LastError;
        held.Close();
        return null;
    }

    /// <summary>
    /// Adds what the new process does while it is held. Its standard output must be in place, and its standard input
    /// follows: it may have as little as one open file by then, so the FIFOs take the place of standard input.
    /// </summary>
    /// <param name="actions">A posix_spawn_file_actions_t.</param>
    internal void AddTo(byte* actions)
    {
        AddOpen(actions, arrival, Libc.O_WRONLY | Libc.O_NONBLOCK);
        AddOpen(actions, gate, Libc.O_RDONLY);
        AddOpen(actions, arrival, Libc.O_WRONLY | Libc.O_NONBLOCK);
    }

    /// <summary>
    /// Waits for the other thread, once posix_spawn has returned. Returns why the limits could not be set, or null.
    /// </summary>
    internal string? End()
    {
        isOver = true;
        // If there never was a process, nobody else ends the other thread's wait.
        if (Reopen(arrival, Libc.O_WRONLY | Libc.O_NONBLOCK, out var own)) _ = Libc.close(own);
        thread.Join();
        return failure;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isOver) End();
        Close();
    }

    private bool TryStartThread()
    {
        try
        {
            thread.Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            // The runtime throws this if the system refuses it a thread, or a file that the thread needs.
            return false;
        }
    }

    private static void AddOpen(byte* actions, int fifo, int flags)
    {
        var path = Encoding.ASCII.GetBytes(PathOf(fifo) + '\0');
        // It is copied.
        fixed (byte* start = path) _ = Libc.posix_spawn_file_actions_addopen(actions, 0, start, flags, 0);
        _ = Libc.posix_spawn_file_actions_addclose(actions, 0);
    }

    private void Run()
    {
        while (!HasArrived())
            if (isOver) return;
        if (isOver) return;
        try
        {
            failure = Find() is { } process ? limit(process) : "its process was not found";
        }
        catch (Exception failed)
        {
            // It fails this command alone: an exception that leaves a thread ends the worker with all its tasks.
            failure = failed.Message;
        }
        if (failure is not null) Descriptors.Close(ref arrivals);
        // For reading too, which does not wait. Tried until there is a descriptor for it, since the process waits.
        while (!isOver && !Reopen(gate, Libc.O_RDWR, out opened)) _ = Libc.poll(null, 0, PollMilliseconds);
    }

    /// <summary>Waits until the process has opened and closed its end.</summary>
    private bool HasArrived()
    {
        Libc.PollDescriptor wanted = new() { Descriptor = arrivals, Events = Libc.POLLIN };
        return Libc.poll(&wanted, 1, PollMilliseconds) > 0;
    }

    /// <summary>
    /// Finds the process, which is a child that has the mark as its standard output. Its id is almost always the latest.
    /// </summary>
    private int? Find()
    {
        Span<byte> text = stackalloc byte[256];
        var length = Descriptors.ReadSmall("/proc/loadavg", text);
        var lastWord = length > 0 ? text[..length].TrimEnd((byte)'\n') : default;
        lastWord = lastWord[(lastWord.LastIndexOf((byte)' ') + 1)..];
        if (int.TryParse(lastWord, NumberStyles.None, CultureInfo.InvariantCulture, out var latest))
            for (var pid = latest; pid > Math.Max(1, latest - LatestIds); pid--)
                if (IsIt(pid)) return pid;
        List<int> children = [];
        ProcessTree.ChildrenByScan(Environment.ProcessId, children);
        foreach (var pid in children)
            if (IsIt(pid)) return pid;
        return null;
    }

    private bool IsIt(int pid) => pid != Environment.ProcessId
        && Target(pid.ToString(CultureInfo.InvariantCulture), 1) is { } target && target == mark;

    private static string? Target(string process, int descriptor) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd/{descriptor}")).LinkTarget;

    /// <summary>Makes a FIFO that has no name. The descriptor is neither of its ends, but can be opened as either.</summary>
    private static bool MakeFifo(out int descriptor)
    {
        descriptor = -1;
        foreach (var folder in Folders)
        {
            var path = Path.Combine(folder, ".otask-" + Path.GetRandomFileName());
            if (Libc.mkfifo(path, 0x180) < 0) continue; // Mode 0600
            descriptor = Libc.open(path, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
            var error = Libc.LastError;
            File.Delete(path);
            if (descriptor >= 0) return true;
            Marshal.SetLastPInvokeError(error);
        }
        return false;
    }

    private static bool Reopen(int fifo, int flags, out int descriptor)
    {
        descriptor = Libc.open(PathOf(fifo), flags | Libc.O_CLOEXEC);
        return descriptor >= 0;
    }

    private static string PathOf(int descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}");

    private void Close()
    {
        Descriptors.Close(ref arrival);
        Descriptors.Close(ref arrivals);
        Descriptors.Close(ref gate);
        Descriptors.Close(ref opened);
    }
}
