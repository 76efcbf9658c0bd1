using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>The machine's users, wherever its C library finds them.</summary>
internal static unsafe class UserDatabase
{
    private const int BufferSize = 64 * 1024;
    private const int MostGroups = 65_536;

    /// <summary>A user as the system knows it.</summary>
    internal readonly record struct User(string Name, uint Uid, uint Gid, string Home);

    /// <summary>Finds a user by its name; null when there is none.</summary>
    internal static User? Find(string name)
    {
        Libc.UserEntry entry;
        Libc.UserEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Libc.getpwnam_r(name, &entry, buffer, BufferSize, &found) == 0 && found is not null ? Read(entry) : null;
    }

    /// <summary>Finds a user by its number; null when there is none.</summary>
    internal static User? Find(uint uid)
    {
        Libc.UserEntry entry;
        Libc.UserEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Libc.getpwuid_r(uid, &entry, buffer, BufferSize, &found) == 0 && found is not null ? Read(entry) : null;
    }

    /// <summary>The name of a group; null when there is none of that number.</summary>
    internal static string? FindGroup(uint gid)
    {
        Libc.GroupEntry entry;
        Libc.GroupEntry* found;
        // The members are in the buffer, too: one that is too small for them (ERANGE) is a group all the same.
        var buffer = stackalloc byte[BufferSize];
        var error = Libc.getgrgid_r(gid, &entry, buffer, BufferSize, &found);
        if (error == Libc.ERANGE) return gid.ToString(CultureInfo.InvariantCulture);
        return error == 0 && found is not null ? Text(entry.Name) : null;
    }

    /// <summary>The groups of a user, its own included.</summary>
    internal static uint[] GroupsOf(in User user)
    {
        var groups = new uint[64];
        while (true)
        {
            var count = groups.Length;
            fixed (uint* start = groups)
                if (Libc.getgrouplist(user.Name, user.Gid, start, &count) >= 0) return groups[..count];
            if (groups.Length >= MostGroups) throw new RunAsException($"the user '{user.Name}' is in too many groups.");
            groups = new uint[Math.Max(count, groups.Length * 2)];
        }
    }

    private static User Read(in Libc.UserEntry entry) =>
        new(Text(entry.Name), entry.Uid, entry.Gid, Text(entry.Home));

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
