using System.Buffers.Binary;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// Tells how the kernel would answer to the start of a program, by the rules of its binfmt_script.c and binfmt_elf.c.
/// setpriv(1) and env(1) do not: they give a file of an unknown format to /bin/sh, and the kernel's errors become exit codes.
/// </summary>
internal static class ProgramFormat
{
    private const int HeadSize = 256;
    private const int MostInterpreters = 5;
    private const int SegmentSize = 56;
    private const int InterpreterSegment = 3;
    private const ushort Machine386 = 3, MachineX64 = 62, MachineArm = 40, MachineArm64 = 183;
    private static readonly byte[] Own = HeadOf("/proc/self/exe") ?? [];

    /// <summary>
    /// Checks a program that a user is to start. Returns 0 or the error number; 0 also if the file cannot be read.
    /// The thread must have the user's groups.
    /// </summary>
    /// <param name="path">The absolute path of the program.</param>
    /// <param name="folder">The folder that it starts in, from which a relative interpreter is looked up.</param>
    /// <param name="user">The user.</param>
    internal static int Check(string path, string folder, RunAsUser user)
    {
        for (var depth = 0; ; depth++)
        {
            if (depth > MostInterpreters) return Libc.ELOOP;
            if (CheckAccess(path, user) is var refused and not 0) return refused;
            if (HeadOf(path) is not { } head) return 0;
            if (head.AsSpan().StartsWith("#!"u8))
            {
                if (InterpreterOf(head) is not { } name) return Libc.ENOEXEC;
                // The kernel then opens the folder that it starts in.
                if (name.Length == 0) return Libc.EACCES;
                path = Path.Combine(folder, Encoding.UTF8.GetString(name));
                continue;
            }
            if (IsElf(head) && IsOwn(head)) return CheckSegments(path, head, folder, user);
            return (IsElf(head) && IsOfCompatibleMachine(head)) || MiscFormats.Take(path, head) ? 0 : Libc.ENOEXEC;
        }
    }

    /// <summary>
    /// Returns the interpreter in the first line of a script, as the kernel reads it; null if it finds none.
    /// </summary>
    /// <param name="head">The first 256 bytes of the file, filled up with zeros.</param>
    internal static byte[]? InterpreterOf(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        var line = (end < 0 ? head[..^1] : head[..end])[2..].TrimStart(" \t"u8);
        if (line.IsEmpty) return null;
        var length = line.IndexOfAny(" \t\0"u8);
        // A name that is cut off by the end of what the kernel reads could be the beginning of another one.
        if (length < 0 && end < 0) return null;
        return (length < 0 ? line : line[..length]).ToArray();
    }

    private static int CheckAccess(string path, RunAsUser user)
    {
        if (UserSwitch.Access(user, path, Libc.X_OK) is var refused and not 0) return refused;
        return Libc.access(path, Libc.X_OK) < 0 ? Libc.LastError : IsRegular(path) ? 0 : Libc.EACCES;
    }

    private static bool IsElf(ReadOnlySpan<byte> head) => head.StartsWith("\u007fELF"u8);

    // The class and the order of bytes, and the machine.
    private static bool IsOwn(ReadOnlySpan<byte> head) =>
        Own.Length == HeadSize && head[4..6].SequenceEqual(Own.AsSpan(4, 2)) && MachineOf(head) == MachineOf(Own);

    /// <summary>Whether the kernel may also run programs of this machine, which depends on how it was built.</summary>
    private static bool IsOfCompatibleMachine(ReadOnlySpan<byte> head) => MachineOf(Own) switch
    {
        MachineX64 => MachineOf(head) is Machine386 or MachineX64,
        MachineArm64 => MachineOf(head) is MachineArm or MachineArm64,
        _ => true,
    };

    private static ushort MachineOf(ReadOnlySpan<byte> head) =>
        head.Length < HeadSize ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);

    /// <summary>Checks the type of a program and whether its loader exists.</summary>
    private static int CheckSegments(string path, ReadOnlySpan<byte> head, string folder, RunAsUser user)
    {
        var type = BinaryPrimitives.ReadUInt16LittleEndian(head[16..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(head[56..]);
        if (type is not (2 or 3) || BinaryPrimitives.ReadUInt16LittleEndian(head[54..]) != SegmentSize || count == 0) return Libc.ENOEXEC;
        var segments = new byte[count * SegmentSize];
        if (!TryRead(path, BinaryPrimitives.ReadInt64LittleEndian(head[32..]), segments)) return Libc.ENOEXEC;
        for (var at = 0; at < segments.Length; at += SegmentSize)
        {
            var segment = segments.AsSpan(at, SegmentSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) != InterpreterSegment) continue;
            var size = BinaryPrimitives.ReadInt64LittleEndian(segment[32..]);
            if (size is < 2 or > 4096) return Libc.ENOEXEC;
            var name = new byte[size];
            if (!TryRead(path, BinaryPrimitives.ReadInt64LittleEndian(segment[8..]), name) || name[^1] != 0) return Libc.ENOEXEC;
            return CheckAccess(Path.Combine(folder, Encoding.UTF8.GetString(name.AsSpan(0, name.IndexOf((byte)0)))), user);
        }
        return 0;
    }

    /// <summary>
    /// Returns the beginning of a file, filled up with zeros; null if it is not a regular file or cannot be read.
    /// </summary>
    private static byte[]? HeadOf(string path)
    {
        var head = new byte[HeadSize];
        return IsRegular(path) && TryReadUpTo(path, 0, head) >= 0 ? head : null;
    }

    private static unsafe bool IsRegular(string path)
    {
        Libc.FileStatus status;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            return Libc.statx(Libc.AT_FDCWD, name, 0, Libc.STATX_BASIC_STATS, &status) == 0 && (status.Mode & 0xF000) == 0x8000;
    }

    private static bool TryRead(string path, long offset, Span<byte> into) => TryReadUpTo(path, offset, into) == into.Length;

    private static unsafe int TryReadUpTo(string path, long offset, Span<byte> into)
    {
        // Without waiting, should it have become a FIFO meanwhile.
        var descriptor = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (descriptor < 0) return -1;
        nint count;
        fixed (byte* start = into) count = Libc.pread(descriptor, start, (nuint)into.Length, offset);
        _ = Libc.close(descriptor);
        return (int)count;
    }
}
