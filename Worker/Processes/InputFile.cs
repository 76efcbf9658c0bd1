using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Standard input as a nameless file in memory: it takes any length at once, so nothing has to be fed to the command
/// while it runs, and a command that does not read it disturbs nobody.
/// </summary>
internal static unsafe class InputFile
{
    private const uint CloseOnExec = 1, NotExecutable = 8;

    /// <summary>Opens a descriptor from which the bytes are read; negative with the error number set.</summary>
    internal static int Open(ReadOnlySpan<byte> bytes)
    {
        var descriptor = Libc.memfd_create("stdin", CloseOnExec);
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
