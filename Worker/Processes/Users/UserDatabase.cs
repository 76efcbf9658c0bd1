using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>Looks up the machine's users with the C library, and so in all its sources.</summary>
internal static unsafe class UserDatabase
{
    private const int BufferSize = 64 * 1024;
    private const int MostGroups = 65_536;

    /// <summary>A user as the system knows it.</summary>
    internal readonly record struct User(string Name, uint Uid, uint Gid, string Home);

    /// <summary>Finds a user by name. Returns null if there is none.</summary>
    internal static User? Find(string name)
    {
        Libc.UserEntry entry;
        Libc.UserEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Libc.getpwnam_r(name, &entry, buffer, BufferSize, &found) == 0 && found is not null ? Read(entry) : null;
    }

    /// <summary>Finds a user by id. Returns null if there is none.</summary>
    internal static User? Find(uint uid)
    {
        Libc.UserEntry entry;
        Libc.UserEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Libc.getpwuid_r(uid, &entry, buffer, BufferSize, &found) == 0 && found is not null ? Read(entry) : null;
    }

    /// <summary>Describes the user or group that has an id; null if none has.</summary>
    /// <exception cref="RunAsException">The system cannot tell.</exception>
    internal static string? FindHolder(uint number)
    {
        Libc.UserEntry user;
        Libc.UserEntry* foundUser;
        Libc.GroupEntry group;
        Libc.GroupEntry* foundGroup;
        var buffer = stackalloc byte[BufferSize];
        // ERANGE means that there is an entry, though it is too long for the buffer.
        var error = Libc.getpwuid_r(number, &user, buffer, BufferSize, &foundUser);
        if (error == Libc.ERANGE || (error == 0 && foundUser is not null)) return $"the user '{(error == 0 ? Text(user.Name) : number)}'";
        if (error is not (0 or Libc.ENOENT or Libc.ESRCH)) throw CannotTell(number, error);
        error = Libc.getgrgid_r(number, &group, buffer, BufferSize, &foundGroup);
        if (error == Libc.ERANGE || (error == 0 && foundGroup is not null)) return $"the group '{(error == 0 ? Text(group.Name) : number)}'";
        return error is 0 or Libc.ENOENT or Libc.ESRCH ? null : throw CannotTell(number, error);
    }

    /// <summary>Returns the groups of a user, including the primary one.</summary>
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

    private static RunAsException CannotTell(uint number, int error) =>
        new($"the system cannot look up the number {number}: {Libc.Describe(error)}.");

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
