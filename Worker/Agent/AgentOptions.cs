using System.ComponentModel.DataAnnotations;
using System.Reflection;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Agent;

/// <summary>Configures a worker.</summary>
public sealed class AgentOptions
{
    /// <summary>The node's id, which is also the worker's name.</summary>
    [Required]
    public string NodeId { get; set; } = "";

    /// <summary>
    /// The worker's data folder; created if it is missing. No other process may use it at the same time.
    /// </summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>The maximum number of tasks that run at a time.</summary>
    [Range(0, 100_000)]
    public int Slots { get; set; } = 1;

    /// <summary>
    /// What the worker offers besides slots: cpu in thousandths of a core, memory in bytes, everything else in units.
    /// </summary>
    public IReadOnlyDictionary<string, long> Resources { get; set; } = new Dictionary<string, long>();

    /// <summary>The GPUs that the worker gives out, by index.</summary>
    public IReadOnlyList<int> Gpus { get; set; } = [];

    /// <summary>
    /// The cores that tasks with <c>pin</c> can have to themselves, by the kernel's numbers: at least as many as
    /// <see cref="Resources"/> offers. If empty, the worker takes no such tasks.
    /// </summary>
    public IReadOnlyList<int> Cores { get; set; } = [];

    /// <summary>The labels that a task's <c>requires</c> is matched against.</summary>
    public IDictionary<string, string> Labels { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The limits that the worker can enforce, as bits: 1 memory, 2 processor time, 4 processes, 8 open files.
    /// </summary>
    public uint Enforces { get; set; }

    /// <summary>
    /// How the worker can isolate commands at its start, as bits: 1 sandbox, 2 container, 4 sandbox that reaches listed
    /// hosts. The agent adds containers when <see cref="NodeAgent.LearnContainersAsync"/> has tested them.
    /// </summary>
    public uint Isolates { get; set; }

    /// <summary>Whether the worker evaluates chunks of data jobs; otherwise it receives only commands.</summary>
    public bool TakesChunks { get; set; } = true;

    /// <summary>Whether the worker only runs handlers, for tasks that require one of its labels <c>handler/NAME</c>.</summary>
    public bool HandlersOnly { get; set; }

    /// <summary>The version of the worker's program.</summary>
    public string Version { get; set; } = ProgramVersion;

    /// <summary>The version of this program.</summary>
    internal static string ProgramVersion { get; } =
        typeof(AgentOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            .Split('+')[0] ?? "unknown";

    /// <summary>
    /// The user that tasks run as; null for the worker's own. Tasks get its home folder as HOME, and the files of jobs
    /// are opened with its rights. If each task has its own user, no task runs as this one, which only opens files.
    /// </summary>
    public RunAsUser? RunAs { get; set; }

    /// <summary>
    /// The folders that the files of jobs may be in, absolute and without links; empty for any folder.
    /// </summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>Whether the worker takes commands with input files and artifacts. Its process host must run real commands.</summary>
    public bool TakesFiles { get; set; }

    /// <summary>The most bytes of input files that the worker keeps while none of its tasks uses them; null for a tenth of the disk.</summary>
    [Range(0, long.MaxValue)]
    public long? FileCacheBytes { get; set; }

    /// <summary>The address that the worker calls from, for display.</summary>
    public string Address { get; set; } = "";

    /// <summary>The worker's certificate, renewed by heartbeats; null if it has none.</summary>
    public WorkerIdentity? Identity { get; set; }

    /// <summary>What is known of this worker's earlier runs.</summary>
    public EarlierRuns Earlier { get; set; }

    /// <summary>Whether to wait for a name that another worker holds, instead of ending.</summary>
    public bool WaitsForName { get; set; }

    /// <summary>How long a shutdown lets running tasks continue.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long before a lease's end the worker kills its attempts, if the lease could not be renewed.
    /// </summary>
    public TimeSpan KillMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the report of a start is held back, in the hope that the attempt's result replaces it.
    /// </summary>
    public TimeSpan StartedDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long results may be gathered into one report while tasks wait for slots.</summary>
    public TimeSpan Gather { get; set; } = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// How long a task may wait here for a slot before it is put back.
    /// The master sends somewhat more tasks than there are slots if tasks are short.
    /// </summary>
    public TimeSpan SlotWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a job's kept command may owe an answer before its chunk fails. Answers that the command does not flush
    /// never arrive.
    /// </summary>
    public TimeSpan AnswerSilence { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The processors that the worker's plug-ins provide.</summary>
    public PluginCatalog Plugins { get; set; } = PluginCatalog.Empty;

    /// <summary>How long a result may be unsettled before it is written to disk.</summary>
    public TimeSpan SpoolAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a call to the master may take before it counts as failed.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shutdown tries to send the master what is still unreported.</summary>
    public TimeSpan Farewell { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Tells another process when to kill this worker's tasks, in case the worker is stopped or frozen by then.
    /// Called with a timestamp of the lease's clock each time it changes, and with null when no task runs.
    /// If it returns false, the other process could not be told, and it is called again. Calls do not overlap.
    /// </summary>
    internal Func<long?, bool>? Fence { get; set; }

    /// <summary>
    /// How long a shutdown waits for the tasks that it has killed.
    /// A process that hangs in the kernel or a plug-in that ignores its cancellation may never end.
    /// </summary>
    public TimeSpan KillWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Called with a task's id and name when it is received, to print a line on the console.</summary>
    public Action<string, string>? Received { get; set; }
}
