using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Workers;

/// <summary>Options of the worker in a silo's own process.</summary>
public sealed class LocalWorkerOptions
{
    /// <summary>The node id; by default the host name.</summary>
    public string NodeId { get; set; } = DefaultNodeId(Environment.MachineName);

    /// <summary>The data folder, with unsettled results, the instance id, and the tasks' working folders.</summary>
    public string DataFolder { get; set; } = "";

    /// <summary>The folder in which tasks get their working folders.</summary>
    public string WorkFolderRoot => WorkerFolder.WorkOf(DataFolder);

    /// <summary>
    /// The user as which tasks run, or the range from which each gets a user; null for this process's user.
    /// </summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>
    /// The absolute, link-free paths of the folders in which jobs' files may be; empty for any folder.
    /// </summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>The program that runs commands in containers.</summary>
    public EngineChoice ContainerEngine { get; set; }

    /// <summary>The folders that commands in a sandbox or a container may ask for, absolute and without links.</summary>
    public IReadOnlyList<string> SandboxAllow { get; set; } = [];

    /// <summary>The processors of its plug-ins.</summary>
    public PluginCatalog Plugins { get; set; } = PluginCatalog.Empty;

    /// <summary>The maximum number of tasks that it runs at once.</summary>
    public int Slots { get; set; } = Environment.ProcessorCount;

    /// <summary>The resources that were given, in place of those that the machine has.</summary>
    public IReadOnlyDictionary<string, long> Resources { get; set; } = new Dictionary<string, long>();

    /// <summary>The labels with which a task's <c>requires</c> is compared.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long running tasks may take to end at a shutdown.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What is known about this worker's earlier runs.</summary>
    public EarlierRuns Earlier { get; set; }

    private static string DefaultNodeId(string machine)
    {
        var id = string.Concat(machine.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
        return id.Length > 0 ? id : "local";
    }
}
