using System.Globalization;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The supervisor's end of the pipe through which its agent speaks, in lines: <c>folder NUL instance</c> says where the marker is to
/// be written, <c>@nanoseconds</c> from when on its trees are to be killed, <c>@</c> alone that they are not. The last of each kind
/// counts. Safe for use by several threads.
/// </summary>
internal sealed unsafe class SupervisionPipe(int descriptor) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<byte> part = [];
    private int descriptor = descriptor;
    private (string Folder, string Instance)? announced;
    private long? fence;

    /// <summary>The line that sets or removes the fence.</summary>
    internal static string FenceRecord(long? deadline) => string.Create(CultureInfo.InvariantCulture, $"@{deadline}\n");

    /// <summary>Where the marker is to be written; null when the agent has not said it.</summary>
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
    }

    /// <summary>From when on the agent's trees are to be killed, in nanoseconds of CLOCK_BOOTTIME; null: never.</summary>
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
    }

    /// <summary>Waits until the agent says something, but no longer than this; false when it will never again.</summary>
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
        else if (line.Split('\0') is [var folder, var instance])
            announced = (folder, instance);
    }
}
