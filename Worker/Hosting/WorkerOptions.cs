using OrleansTasks.Logs;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// The values of the worker's command line. Each value is valid by itself, but not every combination is.
/// </summary>
public sealed record WorkerOptions
{
    /// <summary>The masters to work for, in the order in which they are tried.</summary>
    public required IReadOnlyList<Uri> Masters { get; init; }

    /// <summary>The worker's name, which is also its node's id.</summary>
    public required string Name { get; init; }

    /// <summary>The maximum number of tasks that run at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>The labels that a task's <c>requires</c> is matched against.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The resources that the command line names, in place of those that the machine has. The amounts are in the units
    /// of <see cref="Processing.Resources.ResourceName"/>.
    /// </summary>
    public IReadOnlyDictionary<string, long> Resources { get; init; } = new Dictionary<string, long>();

    /// <summary>The data folder, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>
    /// The token with which to join a service that the worker does not know yet; null if none was given.
    /// </summary>
    public JoinToken? Token { get; init; }

    /// <summary>
    /// The user that tasks run as, or a range with one user for each task; null for the worker's own.
    /// </summary>
    public RunAsUser? RunAs { get; init; }

    /// <summary>
    /// The folders that the files of jobs may be in, absolute and without links; empty for any folder.
    /// </summary>
    public IReadOnlyList<string> FileRoots { get; init; } = [];

    /// <summary>The most bytes of input files that it keeps while no task needs them; null for a tenth of the disk.</summary>
    public long? FileCacheBytes { get; init; }

    /// <summary>The engine that runs commands in containers.</summary>
    public EngineChoice ContainerEngine { get; init; }

    /// <summary>
    /// The folders that commands in a sandbox or a container may ask for, absolute and without links.
    /// </summary>
    public IReadOnlyList<string> SandboxAllow { get; init; } = [];

    /// <summary>The processors that the worker's plug-ins provide.</summary>
    public PluginCatalog Plugins { get; init; } = PluginCatalog.Empty;

    /// <summary>How it writes its log.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>How long running tasks may continue after SIGTERM.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);
}
