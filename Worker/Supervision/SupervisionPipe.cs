using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The supervisor's end of the pipe on which its agent sends lines. <c>folder NUL instance</c> says where to write the
/// marker, <c>@milliseconds</c> sets the time at which to kill the agent's processes, and <c>@</c> removes it.
/// The last line of each kind counts. <c>!</c> says that the agent is ready, and <c>^</c> that its program was replaced.
/// Other lines are ignored. Thread-safe.
/// </summary>
/// <param name="descriptor">The read end of the pipe.</param>
/// <param name="ready">Called when the agent reports that it is ready.</param>
internal sealed unsafe class SupervisionPipe(int descriptor, Action? ready = null) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<byte> part = [];
    private int descriptor = descriptor;
    private (string Folder, string Instance)? announced;
    private long? fence;
    private bool isReplaced;

    /// <summary>The read end of the pipe; negative once it is closed.</summary>
    internal int Descriptor => Volatile.Read(ref descriptor);

    /// <summary>The line that says that the agent's program was replaced.</summary>
    internal static ReadOnlySpan<byte> ReplacedRecord => "^\n"u8;

    /// <summary>Whether the agent's program was replaced since the last call.</summary>
    internal bool TakeReplaced()
    {
        lock (gate)
        {
            // Reads everything first: the next program no longer finds in the pipe what was read here.
            Drain();
            var was = isReplaced;
            isReplaced = false;
            return was;
        }
    }

    /// <summary>
    /// Returns the line that sets the fence, given in nanoseconds of CLOCK_BOOTTIME, or removes it if null.
    /// </summary>
    internal static string FenceRecord(long? deadline) => string.Create(CultureInfo.InvariantCulture, $"@{deadline / 1_000_000}\n");

    /// <summary>The line that says that the agent is ready.</summary>
    internal static ReadOnlySpan<byte> ReadyRecord => "!\n"u8;

    /// <summary>Where to write the marker; null if the agent has not announced it.</summary>
    internal (string Folder, string Instance)? Announced
    {
        get
        {
            lock (gate)
            {
                Drain();
                return announced;
            }
        }

        init => announced = value;
    }

    /// <summary>When to kill the agent's processes, in milliseconds of CLOCK_BOOTTIME; null if not set.</summary>
    internal long? Fence
    {
        get
        {
            lock (gate)
            {
                Drain();
                return fence;
            }
        }

        init => fence = value;
    }

    /// <summary>
    /// Waits for a line from the agent, at most the given time. Returns false once the agent has closed the pipe.
    /// </summary>
    internal bool Wait(int milliseconds)
    {
        if (Volatile.Read(ref descriptor) is not (>= 0 and var open)) return false;
        var wanted = new Libc.PollDescriptor { Descriptor = open, Events = Libc.POLLIN };
        return Libc.poll(&wanted, 1, milliseconds) <= 0 || (wanted.Returned & Libc.POLLIN) != 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            Descriptors.Close(ref descriptor);
    }

    private void Drain()
    {
        int waiting;
        var buffer = stackalloc byte[4096];
        while (descriptor >= 0 && Libc.ioctl(descriptor, Libc.FIONREAD, &waiting) == 0 && waiting > 0)
        {
            var count = (int)Libc.read(descriptor, buffer, (nuint)Math.Min(waiting, 4096));
            if (count <= 0) return;
            foreach (var one in new ReadOnlySpan<byte>(buffer, count))
            {
                if (one != (byte)'\n')
                {
                    part.Add(one);
                    continue;
                }

                Take(Encoding.UTF8.GetString([.. part]));
                part.Clear();
            }
        }
    }

    private void Take(string line)
    {
        if (line.StartsWith('@'))
            fence = line.Length == 1 ? null : long.Parse(line.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
        else if (line == "!")
            ready?.Invoke();
        else if (line == "^")
            isReplaced = true;
        else if (line.Split('\0') is [var folder, var instance])
            announced = (folder, instance);
    }
}
