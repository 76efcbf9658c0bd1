using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>What all attempts of one host share.</summary>
internal sealed partial class HostParts(
    TimeProvider time, RunAsUser? user, WorkFolders folders, LimitEnforcer limits, ILogger logger)
{
    private readonly TaskUsers? users = user?.Range is { } range ? new(range, ProcessUser.HasAny, number => FoundTaken(logger, number)) : null;
    private bool isShort;

    /// <summary>Where timeouts and times of day come from.</summary>
    internal TimeProvider Time { get; } = time;

    /// <summary>The user as whom commands run, unless each has one of its own; null: this process's own.</summary>
    internal RunAsUser? User { get; } = user;

    /// <summary>The fresh folders that attempts start in.</summary>
    internal WorkFolders Folders { get; } = folders;

    /// <summary>What holds attempts to their limits.</summary>
    internal LimitEnforcer Limits { get; } = limits;

    /// <summary>The attempts that have not completed.</summary>
    internal ConcurrentDictionary<RunningProcess, bool> Running { get; } = new();

    /// <summary>Sets as whom a command is to run; null when that is done, else why it cannot run now.</summary>
    internal string? GiveUser(RunningProcess process)
    {
        if (users is null)
        {
            process.User = User;
            return null;
        }
        process.User = users.TryTake();
        if (process.User is not null)
        {
            isShort = false;
            return null;
        }
        var why = $"no number of --run-as-range is free: {users.Shortage}";
        // Once, and not for each command that comes meanwhile.
        if (!Interlocked.Exchange(ref isShort, true)) UsersShort(why);
        return why;
    }

    /// <summary>Takes back the user that a command had for itself: nothing of its tree is left.</summary>
    /// <param name="process">The command.</param>
    /// <param name="folder">Its working folder, when that could not be removed.</param>
    internal void TakeUserBack(RunningProcess process, string? folder)
    {
        if (process.User is not { IsOfOneTask: true } own) return;
        if (users!.GiveBack(own.Uid, folder) is { } reason) UserSetAside(own.Uid, reason);
    }

    /// <summary>Sees that nobody who is given a number gets to folders that could not be removed at the start.</summary>
    internal void SetOwnersAside()
    {
        foreach (var (folder, reason, owner) in Folders.Left)
        {
            FolderLeft(folder, reason);
            if (users is not null && !FolderRemover.Seal(folder)) users.SetAside(owner, folder);
        }
    }
}
