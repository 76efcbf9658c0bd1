using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>The real user of processes, which a process without privileges cannot change.</summary>
internal static class ProcessUser
{
    private const int PrioUser = 2;

    /// <summary>
    /// Whether a process has this real user, one that has ended and is not reaped included. Also true when the system does not tell.
    /// </summary>
    internal static bool HasAny(uint uid) => Libc.GetPriority(PrioUser, uid) >= 0 || Libc.LastError != Libc.ESRCH;

    /// <summary>The real user of a process; null when it is gone.</summary>
    internal static uint? Of(int pid)
    {
        Span<byte> buffer = stackalloc byte[2048];
        var length = Descriptors.ReadSmall($"/proc/{pid}/status", buffer);
        if (length <= 0) return null;
        var status = buffer[..length];
        // The first line is the name, in which a line feed is written as \n.
        var at = status.IndexOf("\nUid:\t"u8);
        return at >= 0 && Utf8Parser.TryParse(status[(at + 6)..], out uint uid, out _) ? uid : null;
    }
}
