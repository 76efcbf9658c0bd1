using System.ComponentModel.DataAnnotations;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Agent;

/// <summary>What a worker is and how it behaves.</summary>
public sealed class AgentOptions
{
    /// <summary>The node's id, which is the worker's name.</summary>
    [Required]
    public string NodeId { get; set; } = "";

    /// <summary>The worker's data folder; made if it is not there. Nobody else may use it at the same time.</summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>How many tasks it runs at once.</summary>
    [Range(0, 100_000)]
    public int Slots { get; set; } = 1;

    /// <summary>What a task's <c>requires</c> is compared with.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The limits that it can enforce, as bits: 1 memory, 2 processor time, 4 processes, 8 open files.
    /// </summary>
    public uint Enforces { get; set; }

    /// <summary>Its program's version.</summary>
    public string Version { get; set; } = typeof(AgentOptions).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>
    /// The user that tasks run as, whose home folder they see as HOME, and with whose rights jobs' files are opened; null: the worker's own.
    /// Where each task has a user of its own, that of none of them: it only opens files.
    /// </summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>The folders, absolute and without links, that jobs' files may be in; none: any folder.</summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>Where it calls from, for people.</summary>
    public string Address { get; set; } = "";

    /// <summary>Its certificate, which is renewed by heartbeats; null: it has none.</summary>
    public WorkerIdentity? Identity { get; set; }

    /// <summary>What is known of this worker's earlier runs.</summary>
    public EarlierRuns Earlier { get; set; }

    /// <summary>Whether to wait for a name that another worker holds, rather than to end.</summary>
    public bool WaitsForName { get; set; }

    /// <summary>How long running tasks may take to end at a shutdown.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long before the end of a lease that could not be renewed everything is killed.</summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the note that a task has started may wait for its result to replace it.</summary>
    public TimeSpan StartedDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long results may be gathered for one report while tasks wait for slots.</summary>
    public TimeSpan Gather { get; set; } = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// How long a task may wait here for a slot before it is put back. The master sends a few more than there are
    /// slots when
    /// tasks are short.
    /// </summary>
    public TimeSpan SlotWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a job's kept command may go without an answer while it owes one; then its chunk fails. Answers that
    /// are not flushed
    /// never come.
    /// </summary>
    public TimeSpan AnswerSilence { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The processors that its plug-ins bring.</summary>
    public PluginCatalog Plugins { get; set; } = PluginCatalog.Empty;

    /// <summary>How long a result may be unsettled before it is written to disk.</summary>
    public TimeSpan SpoolAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After how long a call to the master counts as failed.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shutdown tries to tell the master what it has not heard.</summary>
    public TimeSpan Farewell { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Tells another process when to kill the tasks of this worker, should this worker be stopped or frozen then. Called
    /// with a timestamp of the lease's clock each time it changes, and with null when no task runs. Returns false when
    /// the other process could not be told; it is then called again. Calls do not overlap.
    /// </summary>
    internal Func<long?, bool>? Fence { get; set; }

    /// <summary>
    /// How long a shutdown waits for the tasks it has killed. Some cannot end: a process that hangs in the kernel, or a
    /// plug-in that ignores its cancellation.
    /// </summary>
    public TimeSpan KillWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Called with a task's id and name when it is received; for a line on the console.</summary>
    public Action<string, string>? Received { get; set; }
}
