namespace OrleansTasks.Worker.Processes.Interop;

/// <summary>Operations on file descriptors that several classes need.</summary>
internal static unsafe class Descriptors
{
    /// <summary>Closes a descriptor and sets it to -1. Does nothing if it is negative.</summary>
    internal static void Close(ref int descriptor)
    {
        if (descriptor >= 0) _ = Libc.close(descriptor);
        descriptor = -1;
    }

    /// <summary>Adds one to an eventfd, which wakes the thread that polls it.</summary>
    internal static void Wake(int eventDescriptor)
    {
        ulong one = 1;
        while (Libc.write(eventDescriptor, (byte*)&one, 8) < 0 && Libc.LastError == Libc.EINTR) { }
    }

    /// <summary>Takes from an eventfd. Returns false if its counter is zero.</summary>
    internal static bool Take(int eventDescriptor)
    {
        ulong value;
        return Libc.read(eventDescriptor, (byte*)&value, 8) == 8;
    }

    /// <summary>
    /// Occupies descriptors 0, 1 and 2 if they are free, so that no pipe of a command accidentally gets one of them.
    /// </summary>
    internal static void OccupyStandard()
    {
        while (true)
        {
            var opened = Libc.open("/dev/null", Libc.O_RDWR);
            if (opened is >= 0 and <= 2) continue;
            if (opened >= 0) _ = Libc.close(opened);
            return;
        }
    }

    /// <summary>
    /// Reads a small file of /proc into the buffer, truncated to its size. Returns the length; -1 if the file cannot be
    /// opened.
    /// </summary>
    internal static int ReadSmall(string path, Span<byte> buffer)
    {
        var descriptor = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (descriptor < 0) return -1;
        var total = 0;
        fixed (byte* start = buffer)
        {
            while (total < buffer.Length)
            {
                var n = Libc.read(descriptor, start + total, (nuint)(buffer.Length - total));
                if (n < 0 && Libc.LastError == Libc.EINTR) continue;
                if (n <= 0) break;
                total += (int)n;
            }
        }
        _ = Libc.close(descriptor);
        return total;
    }
}
