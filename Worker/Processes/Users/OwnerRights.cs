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

    /// <summary>Takes a user's rights until the result is disposed, on the same thread.</summary>
    internal static OwnerRights Take(uint uid, uint gid)
    {
        if (uid == 0 || Libc.geteuid() != 0) return default;
        var groups = Libc.ThreadGroups();
        _ = Libc.SetThreadGroups([gid]);
        Libc.TouchFilesAs(uid, gid);
        return new(groups);
    }

    /// <summary>Takes the rights of a user, with all groups that the user is in, until the result is disposed, on the same thread.</summary>
    internal static OwnerRights Take(RunAsUser user)
    {
        if (user.Uid == 0 || Libc.geteuid() != 0) return default;
        var groups = Libc.ThreadGroups();
        _ = Libc.SetThreadGroups([.. user.Groups]);
        Libc.TouchFilesAs(user.Uid, user.Gid);
        return new(groups);
    }

    /// <summary>Gives the thread root's rights back.</summary>
    public void Dispose()
    {
        if (groups is null) return;
        Libc.TouchFilesAs(0, 0);
        _ = Libc.SetThreadGroups(groups);
    }
}
