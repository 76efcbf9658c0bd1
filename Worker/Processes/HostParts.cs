using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>What all attempts of one host share.</summary>
internal sealed partial class HostParts(
    TimeProvider time, RunAsUser? user, WorkFolders folders, LimitEnforcer limits, ILogger logger)
{
    /// <summary>Where timeouts and times of day come from.</summary>
    internal TimeProvider Time { get; } = time;

    /// <summary>The user as whom commands run; null: this process's own.</summary>
    internal RunAsUser? User { get; } = user;

    /// <summary>The fresh folders that attempts start in.</summary>
    internal WorkFolders Folders { get; } = folders;

    /// <summary>What holds attempts to their limits.</summary>
    internal LimitEnforcer Limits { get; } = limits;

    /// <summary>The attempts that have not completed.</summary>
    internal ConcurrentDictionary<RunningProcess, bool> Running { get; } = new();
}
