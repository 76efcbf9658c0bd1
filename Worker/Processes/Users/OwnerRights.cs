using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// While held, the current thread of a worker that runs as root accesses files with another user's rights, so that a
/// trick by that user's commands achieves no more than the commands could themselves. It has no effect for other
/// workers or for root's files.
/// </summary>
internal readonly ref struct OwnerRights
{
    private readonly uint[]? groups;

    private OwnerRights(uint[]? groups) => this.groups = groups;

    /// <summary>Takes the rights of a file's owner and group. Dispose the result on the same thread.</summary>
    internal static OwnerRights Take(uint uid, uint gid) => Take(uid, gid, [gid]);

    /// <summary>Takes the rights of a user, including all groups. Dispose the result on the same thread.</summary>
    internal static OwnerRights Take(RunAsUser user) => Take(user.Uid, user.Gid, [.. user.Groups]);

    private static OwnerRights Take(uint uid, uint gid, scoped ReadOnlySpan<uint> groups)
    {
        if (uid == 0 || Libc.geteuid() != 0) return default;
        var before = Libc.ThreadGroups();
        _ = Libc.SetThreadGroups(groups);
        Libc.TouchFilesAs(uid, gid);
        return new(before);
    }

    /// <summary>Returns the thread to root's rights.</summary>
    public void Dispose()
    {
        if (groups is null) return;
        Libc.TouchFilesAs(0, 0);
        _ = Libc.SetThreadGroups(groups);
    }
}
