using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Workers;

/// <summary>The worker in a silo's own process.</summary>
public sealed class LocalWorkerOptions
{
    /// <summary>Its node id; by default the machine's name.</summary>
    public string NodeId { get; set; } = DefaultNodeId(Environment.MachineName);

    /// <summary>Its data folder: results not yet settled, its instance id, and the tasks' working folders.</summary>
    public string DataFolder { get; set; } = "";

    /// <summary>Where tasks get their working folders.</summary>
    public string WorkFolderRoot => WorkerFolder.WorkOf(DataFolder);

    /// <summary>As whom tasks run, or the range of users of whom each has one; null: as this process.</summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>The folders, absolute and without links, that jobs' files may be in; none: any folder.</summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>The processors that its plug-ins bring.</summary>
    public PluginCatalog Plugins { get; set; } = PluginCatalog.Empty;

    /// <summary>How many tasks it runs at once.</summary>
    public int Slots { get; set; } = Environment.ProcessorCount;

    /// <summary>What a task's <c>requires</c> is compared with.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long running tasks may take to end at a shutdown.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What is known of this worker's earlier runs.</summary>
    public EarlierRuns Earlier { get; set; }

    private static string DefaultNodeId(string machine)
    {
        var id = string.Concat(machine.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
        return id.Length > 0 ? id : "local";
    }
}
