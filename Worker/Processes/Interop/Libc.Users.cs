using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
    internal const int AT_EACCESS = 0x200;

    /// <summary>struct passwd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UserEntry
    {
        internal byte* Name;
        internal byte* Password;
        internal uint Uid;
        internal uint Gid;
        internal byte* Comment;
        internal byte* Home;
        internal byte* Shell;
    }

    /// <summary>struct group: its size, and the field that is read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 32)]
    internal struct GroupEntry
    {
        internal byte* Name;
    }

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int getpwnam_r(string name, UserEntry* entry, byte* buffer, nuint size, UserEntry** found);

    [LibraryImport("libc")]
    internal static partial int getpwuid_r(uint uid, UserEntry* entry, byte* buffer, nuint size, UserEntry** found);

    [LibraryImport("libc")]
    internal static partial int getgrgid_r(uint gid, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** found);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int getgrouplist(string user, uint group, uint* groups, int* count);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chown(string path, uint owner, uint group);

    [LibraryImport("libc")]
    internal static partial uint getegid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lchown(string path, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int descriptor, uint owner, uint group);

    [LibraryImport("libc")]
    internal static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int faccessat(int folder, string path, int mode, int flags);

    /// <summary>setfsuid(2) and setfsgid(2) for this thread alone: the identity with which it accesses files.</summary>
    internal static void TouchFilesAs(uint uid, uint gid)
    {
        // On the way back to root, set the user first: only root may set any group.
        if (uid == 0) _ = syscall4(IsArm ? 151 : 122, 0, 0, 0, 0);
        _ = syscall4(IsArm ? 152 : 123, (nint)gid, 0, 0, 0);
        if (uid != 0) _ = syscall4(IsArm ? 151 : 122, (nint)uid, 0, 0, 0);
    }

    /// <summary>setgroups(2) for this thread alone; the C library's own function applies to all threads.</summary>
    internal static int SetThreadGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* start = groups) return (int)syscall4(IsArm ? 159 : 116, groups.Length, (nint)start, 0, 0);
    }

    /// <summary>getpriority(2) as the kernel defines it: the result is negative only on failure.</summary>
    internal static nint GetPriority(int kind, uint id) => syscall4(IsArm ? 141 : 140, kind, (nint)id, 0, 0);

    /// <summary>
    /// keyctl(2): gives this thread, and the processes that it starts from now on, a new session keyring. Returns false
    /// on failure.
    /// </summary>
    internal static bool JoinNewSessionKeyring() => syscall4(IsArm ? 219 : 250, 1, 0, 0, 0) >= 0;

    /// <summary>getgroups(2): returns the supplementary groups of this thread.</summary>
    internal static uint[] ThreadGroups()
    {
        var groups = new uint[getgroups(0, null)];
        fixed (uint* start = groups) return groups[..getgroups(groups.Length, start)];
    }

    [LibraryImport("libc")]
    private static partial int getgroups(int count, uint* groups);
}
