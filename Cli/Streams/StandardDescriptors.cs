using System.Runtime.InteropServices;

namespace OrleansTasks.Cli.Streams;

/// <summary>
/// The process's descriptors 0, 1 and 2 as they are. .NET's console does not tell that a pipe's reader has gone, and
/// fails for a closed descriptor.
/// </summary>
internal static unsafe partial class StandardDescriptors
{
    /// <summary>The descriptor of standard input.</summary>
    public const int Input = 0;

    /// <summary>The descriptor of standard output.</summary>
    public const int Output = 1;

    /// <summary>The descriptor of standard error.</summary>
    public const int Errors = 2;

    // Numbers of Linux, the same for x64 and arm64.
    private const int Interrupted = 4, TryAgain = 11, BrokenPipe = 32;
    private const int GetFlags = 1, CloseOnExec = 1, ReadAndWrite = 2;
    private const int GetWindowSize = 0x5413;
    private const short CanWrite = 4, Broken = 8, HungUp = 16;

    /// <summary>
    /// Returns whether the process was started without a descriptor. A process inherits only descriptors that stay
    /// open across exec. Any other was opened by the runtime, under the number of the missing descriptor.
    /// </summary>
    public static bool WasClosed(int descriptor) => fcntl(descriptor, GetFlags) is -1 or CloseOnExec;

    /// <summary>
    /// Fills the unused numbers below 3, so that no file or connection gets one of them and receives what is meant for
    /// standard output or standard error.
    /// </summary>
    public static void Reserve()
    {
        for (var descriptor = Input; descriptor <= Errors; descriptor++)
        {
            // open returns the lowest unused number, which is this one: all below are in use by now.
            if (fcntl(descriptor, GetFlags) == -1)
                _ = open("/dev/null", ReadAndWrite);
        }
    }

    /// <summary>Returns whether a descriptor is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    /// <summary>Returns a terminal's columns and lines; 0 for what it does not know.</summary>
    public static (int Columns, int Lines) SizeOf(int descriptor)
    {
        // struct winsize: lines, columns, and the size in pixels.
        var size = stackalloc ushort[4];
        return ioctl(descriptor, GetWindowSize, size) == 0 ? (size[1], size[0]) : (0, 0);
    }

    /// <summary>
    /// Writes all bytes. Throws <see cref="OutputLostException"/> if the descriptor does not take them.
    /// </summary>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var written = 0; written < bytes.Length;)
            {
                var count = write(descriptor, start + written, (nuint)(bytes.Length - written));
                if (count >= 0)
                {
                    written += (int)count;
                    continue;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error == TryAgain)
                    Wait(descriptor, CanWrite);
                else if (error == BrokenPipe)
                    throw OutputLostException.OfReader();
                else if (error != Interrupted)
                    throw OutputLostException.Of(descriptor, Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    /// <summary>
    /// Waits until nobody can read what is written to a descriptor any more: a pipe without a reader, a terminal that was
    /// closed. Returns false if that cannot be known.
    /// </summary>
    public static bool WaitUntilUnread(int descriptor) => (Wait(descriptor, 0) & (Broken | HungUp)) != 0;

    private static short Wait(int descriptor, short events)
    {
        var polled = new Polled { Descriptor = descriptor, Events = events };
        while (poll(&polled, 1, -1) == -1 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            // A signal came; go on waiting.
        }

        return polled.Happened;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(Polled* descriptors, nuint count, int milliseconds);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
