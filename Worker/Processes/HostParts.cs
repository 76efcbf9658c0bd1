using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Processes;

/// <summary>What all attempts of one host share.</summary>
/// <param name="Time">Where timeouts and times of day come from.</param>
/// <param name="Folders">The fresh folders that attempts start in.</param>
/// <param name="Limits">What holds attempts to their limits.</param>
internal sealed record HostParts(TimeProvider Time, WorkFolders Folders, LimitEnforcer Limits)
{
    /// <summary>The attempts that have not completed.</summary>
    internal ConcurrentDictionary<RunningProcess, bool> Running { get; } = new();
}
