using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Reads the file that a command left as its result. The command may have put anything there, so the file is opened
/// with the rights of the command's user, no link is followed, and only a regular file is read.
/// </summary>
internal static class ResultReader
{
    private const ushort TypeMask = 0xF000, RegularFile = 0x8000;

    /// <summary>Reads the result.</summary>
    /// <param name="path">The file, in a folder that only the command's user and this process can change.</param>
    /// <param name="user">The command's user; null for this process's own user.</param>
    /// <param name="value">Receives the result; empty if there is no file or it is invalid.</param>
    /// <returns>What is wrong, as a sentence; null if nothing is.</returns>
    internal static string? Read(string path, RunAsUser? user, out ReadOnlyMemory<byte> value)
    {
        value = default;
        // O_NONBLOCK: opening a named pipe must not wait for its other end.
        const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        int descriptor, error;
        using (user is null ? default : OwnerRights.Take(user))
        {
            descriptor = Libc.open(path, Flags | Libc.O_NOFOLLOW);
            error = Libc.LastError;
        }

        if (descriptor < 0)
        {
            return error switch
            {
                Libc.ENOENT => null,
                Libc.ELOOP => "The result is a symbolic link.",
                _ => $"The result cannot be read: {Libc.Describe(error)}.",
            };
        }

        try
        {
            if (!FolderIdentity.TryRead(descriptor, out var identity) || (identity.Mode & TypeMask) != RegularFile)
                return "The result is not a regular file.";
            return Read(descriptor, ref value);
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    private static unsafe string? Read(int descriptor, ref ReadOnlyMemory<byte> value)
    {
        // One extra byte, to detect a result that is too large.
        var buffer = new byte[ResultForm.MostBytes + 1];
        var length = 0;
        while (length < buffer.Length)
        {
            nint count;
            fixed (byte* into = buffer)
                count = Libc.read(descriptor, into + length, (nuint)(buffer.Length - length));
            if (count < 0 && Libc.LastError == Libc.EINTR)
                continue;
            if (count < 0)
                return $"The result cannot be read: {Libc.Describe(Libc.LastError)}.";
            if (count == 0)
                break;
            length += (int)count;
        }

        if (ResultForm.FaultOf(buffer.AsSpan(0, length)) is { } fault)
            return fault;
        value = buffer[..length];
        return null;
    }
}
