using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Standard input as a nameless file in memory. It takes any length at once, so the worker need not feed a running
/// command, and a command that does not read its input blocks nothing.
/// </summary>
internal static unsafe class InputFile
{
    private const uint CloseOnExec = 1, NotExecutable = 8;

    /// <summary>
    /// Opens a descriptor that reads the bytes. Returns a negative number and sets the error number if that fails.
    /// </summary>
    internal static int Open(ReadOnlySpan<byte> bytes)
    {
        var descriptor = Libc.memfd_create("stdin", CloseOnExec);
        // Some systems refuse executable files in memory.
        if (descriptor < 0 && Libc.LastError == Libc.EACCES)
            descriptor = Libc.memfd_create("stdin", CloseOnExec | NotExecutable);
        if (descriptor < 0) return -1;
        fixed (byte* start = bytes)
        {
            var done = 0;
            while (done < bytes.Length)
            {
                var n = Libc.write(descriptor, start + done, (nuint)(bytes.Length - done));
                if (n < 0 && Libc.LastError == Libc.EINTR) continue;
                if (n <= 0)
                {
                    var error = Libc.LastError;
                    _ = Libc.close(descriptor);
                    System.Runtime.InteropServices.Marshal.SetLastPInvokeError(error);
                    return -1;
                }
                done += (int)n;
            }
        }
        _ = Libc.lseek(descriptor, 0, 0);
        return descriptor;
    }
}
