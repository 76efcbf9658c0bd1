using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// While it is held, this thread of a worker that is root touches files with the rights of another user, so that a trick by
/// that user's commands gets no further than the commands themselves. For any other worker, and for root's files, it
/// changes nothing.
/// </summary>
internal readonly ref struct OwnerRights
{
    private readonly uint[]? groups;

    private OwnerRights(uint[]? groups) => this.groups = groups;

    /// <summary>Takes the rights of a file's owner and group until the result is disposed, on the same thread.</summary>
    internal static OwnerRights Take(uint uid, uint gid) => Take(uid, gid, [gid]);

    /// <summary>Takes the rights of a user, all groups included, until the result is disposed, on the same thread.</summary>
    internal static OwnerRights Take(RunAsUser user) => Take(user.Uid, user.Gid, [.. user.Groups]);

    private static OwnerRights Take(uint uid, uint gid, scoped ReadOnlySpan<uint> groups)
    {
        if (uid == 0 || Libc.geteuid() != 0) return default;
        var before = Libc.ThreadGroups();
        _ = Libc.SetThreadGroups(groups);
        Libc.TouchFilesAs(uid, gid);
        return new(before);
    }

    /// <summary>Gives the thread root's rights back.</summary>
    public void Dispose()
    {
        if (groups is null) return;
        Libc.TouchFilesAs(0, 0);
        _ = Libc.SetThreadGroups(groups);
    }
}
