using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>Reads the real user of processes, which a process without privileges cannot change.</summary>
internal static class ProcessUser
{
    private const int PrioUser = 2;

    /// <summary>
    /// Whether a process, even one that has ended but is not reaped, has this real user. Also true if the system cannot
    /// tell.
    /// </summary>
    internal static bool HasAny(uint uid) => Libc.GetPriority(PrioUser, uid) >= 0 || Libc.LastError != Libc.ESRCH;

    /// <summary>Returns the real user of a process; null if it is gone.</summary>
    internal static uint? Of(int pid)
    {
        Span<byte> buffer = stackalloc byte[2048];
        var length = Descriptors.ReadSmall($"/proc/{pid}/status", buffer);
        if (length <= 0) return null;
        var status = buffer[..length];
        // The first line is the process's name, in which a line feed appears as \n.
        var at = status.IndexOf("\nUid:\t"u8); // The first of four numbers is the real user.
        return at >= 0 && Utf8Parser.TryParse(status[(at + 6)..], out uint uid, out _) ? uid : null;
    }
}
