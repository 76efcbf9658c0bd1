using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>What all attempts of one host share.</summary>
internal sealed partial class HostParts(
    TimeProvider time, RunAsUser? user, WorkFolders folders, LimitEnforcer limits, SandboxHost sandboxes,
    ContainerHost containers, ILogger logger)
{
    private readonly TaskUsers? users = user?.Range is { } range ? new(range, ProcessUser.HasAny, number => FoundTaken(logger, number)) : null;
    private bool isShort;

    /// <summary>The log of this host.</summary>
    internal ILogger Logger => logger;

    /// <summary>The source of timeouts and times of day.</summary>
    internal TimeProvider Time { get; } = time;

    /// <summary>The user that commands run as, unless each has its own; null for this process's own user.</summary>
    internal RunAsUser? User { get; } = user;

    /// <summary>The fresh folders that attempts start in.</summary>
    internal WorkFolders Folders { get; } = folders;

    /// <summary>Enforces the attempts' limits.</summary>
    internal LimitEnforcer Limits { get; } = limits;

    /// <summary>Builds sandboxes.</summary>
    internal SandboxHost Sandboxes { get; } = sandboxes;

    /// <summary>Runs commands in containers.</summary>
    internal ContainerHost Containers { get; } = containers;

    /// <summary>The attempts that have not completed. The values are unused.</summary>
    internal ConcurrentDictionary<RunningProcess, bool> Running { get; } = new();

    /// <summary>
    /// Chooses the user that a command runs as. Returns why it cannot run now; null if a user was found.
    /// </summary>
    internal string? GiveUser(RunningProcess process)
    {
        // An engine that maps users runs as the worker does, and gives the container users of its own.
        var runsAsWorker = process.Request.IsOfWorker
            || (process.Request.Container is not null && Containers.MapsUsers);
        if (users is null || runsAsWorker)
        {
            process.User = runsAsWorker ? null : User;
            return null;
        }
        process.User = users.TryTake();
        if (process.User is not null)
        {
            isShort = false;
            return null;
        }
        var why = $"no number of --run-as-range is free: {users.Shortage}";
        // Log this once, not for every command that arrives until a number is free.
        if (!Interlocked.Exchange(ref isShort, true)) UsersShort(why);
        return why;
    }

    /// <summary>Gives an adopted command the user that it runs as.</summary>
    /// <param name="process">The command.</param>
    /// <param name="number">The number that it has to itself; null if it has none.</param>
    internal void AdoptUser(RunningProcess process, uint? number) =>
        process.User = number is { } own ? users?.TryAdopt(own) : User;

    /// <summary>Takes back the user that a command had to itself, once nothing of its tree is left.</summary>
    /// <param name="process">The command that ended.</param>
    /// <param name="folder">Its working folder, if that could not be removed.</param>
    internal void TakeUserBack(RunningProcess process, string? folder)
    {
        if (process.User is not { IsOfOneTask: true } own) return;
        if (users!.GiveBack(own.Uid, folder) is { } reason) UserSetAside(own.Uid, reason);
    }

    /// <summary>
    /// Sets aside the user numbers of folders that could not be removed at the start, unless the folders can be sealed.
    /// </summary>
    internal void SetOwnersAside()
    {
        foreach (var (folder, reason, owner) in Folders.Left)
        {
            FolderLeft(folder, reason);
            if (users is not null && !FolderRemover.Seal(folder)) users.SetAside(owner, folder);
        }
    }
}
