using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Agent;

/// <summary>Converts a master's start command to a request for the process host.</summary>
internal static class StartRequests
{
    private const int LeastShares = 2, MostShares = 262_144;

    /// <summary>Returns the request for an attempt's process.</summary>
    public static StartRequest Of(
        Attempt attempt, Start start, AttemptEnvironment environment, OutputBuffer output, AttemptFiles? files) => new()
    {
        Arguments = start.Argv,
        Environment = environment.Of(start, attempt.Span, attempt.Gpus, attempt.Cores),
        // With a container, the folder is in the container.
        WorkingDirectory = start.Isolation?.Container is null ? CwdOf(start) : null,
        Input = start.Stdin.Memory,
        Timeout = start.TimeoutMs > 0 ? WireTime.FromMilliseconds(start.TimeoutMs) : null,
        KillGrace = WireTime.FromMilliseconds(start.KillGraceMs),
        MaxOutputBytes = start.MaxOutputBytes,
        HidesProgress = start.HideProgress,
        Limits = LimitsOf(start, attempt.Cores),
        Sandbox = SandboxOf(start, attempt.Gpus),
        Container = ContainerOf(start, attempt.Gpus),
        TakesResult = start.Result,
        Inputs = start.HasInputs ? start.Inputs.Memory : default(ReadOnlyMemory<byte>?),
        Files = files,
        Output = output,
    };

    /// <summary>
    /// Returns the sandbox of a command that has these GPUs, or of a chunk's commands; null if there is none.
    /// </summary>
    public static SandboxRequest? SandboxOf(Start start, IReadOnlyList<int>? gpus = null) =>
        start.Isolation is not { Container: null } isolation ? null : new SandboxRequest
        {
            UsesHostNetwork = isolation.HostNetwork,
            Allow = isolation.Allow,
            Read = isolation.Read,
            Write = isolation.Write,
            Devices = GpuIndexes.DevicesOf(gpus ?? []),
        };

    /// <summary>Whether a command needs an image that is not known to be on this machine.</summary>
    public static bool NeedsImage(Start start, IProcessHost host) =>
        start.Isolation?.Container is { } container && !host.HasImage(container.Image, PolicyOf(container));

    /// <summary>Returns when the worker pulls the image of a container.</summary>
    public static PullPolicy PolicyOf(ContainerTerms container) => container.Pull switch
    {
        ContainerTerms.Types.Pull.Always => PullPolicy.Always,
        ContainerTerms.Types.Pull.Never => PullPolicy.Never,
        _ => PullPolicy.Missing,
    };

    private static ContainerRequest? ContainerOf(Start start, IReadOnlyList<int> gpus) =>
        start.Isolation is not { Container: { } container } isolation ? null : new ContainerRequest
        {
            Image = container.Image,
            UsesHostNetwork = isolation.HostNetwork,
            User = container.User.Length == 0 ? null : container.User,
            Mounts =
            [
                .. container.Mounts.Select(static mount => new ContainerPath(mount.From, mount.To, mount.ReadOnly)),
            ],
            KeepsEntrypoint = container.KeepEntrypoint,
            WorkingDirectory = CwdOf(start),
            Devices = GpuIndexes.DevicesOf(gpus),
        };

    private static string? CwdOf(Start start) => start.Cwd.Length == 0 ? null : start.Cwd;

    // The lease counts cores in thousandths; shares are 1,024ths of a core.
    private static int? SharesOf(Start start) =>
        start.Lease.Resources.TryGetValue(ResourceName.Cpu, out var cores)
            ? (int)Math.Clamp(cores * 1024 / 1000, LeastShares, MostShares)
            : null;

    private static ProcessLimits? LimitsOf(Start start, IReadOnlyList<int> cores)
    {
        var limits = new ProcessLimits
        {
            MemoryBytes = start.MemoryBytes > 0 ? start.MemoryBytes : null,
            CpuTime = start.CpuTimeMs > 0 ? WireTime.FromMilliseconds(start.CpuTimeMs) : null,
            Processes = start.Processes > 0 ? start.Processes : null,
            OpenFiles = start.OpenFiles > 0 ? start.OpenFiles : null,
            CpuShares = SharesOf(start),
            Cores = cores,
        };
        return limits.IsNone ? null : limits;
    }
}

/// <summary>
/// The environment of commands: PATH, HOME and LANG of the worker, then the task's variables, then TASK_ID,
/// TASK_ATTEMPT, TASK_QUEUE, NODE_ID and TRACEPARENT, which a task cannot change. In a container, the image has its own
/// PATH, HOME and LANG. In a sandbox, where the worker's home does not exist, the host sets HOME to the working folder.
/// TASK_CPUS, TASK_MEMORY, TASK_GPUS and CUDA_VISIBLE_DEVICES are set for a task that asks for these resources, and
/// TASK_CPU_LIST for one that has cores to itself.
/// TASK_RESULT and TASK_INPUTS are added once their folder exists. Commands inherit nothing else from the worker.
/// </summary>
internal sealed class AttemptEnvironment
{
    private const string Cpus = "TASK_CPUS";
    private const string CpuList = "TASK_CPU_LIST";
    private const string Memory = "TASK_MEMORY";
    private const string Gpus = "TASK_GPUS";
    private const string VisibleGpus = "CUDA_VISIBLE_DEVICES";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly string node;
    private readonly KeyValuePair<string, string>[] clean;
    private readonly KeyValuePair<string, string>[] cleanInSandbox;

    /// <param name="node">The node's id.</param>
    /// <param name="ownHome">
    /// The home of the user that tasks run as; null for the worker's; empty if it is set when a command starts.
    /// </param>
    /// <param name="inherited">Reads a variable of the worker's own environment.</param>
    internal AttemptEnvironment(string node, string? ownHome, Func<string, string?> inherited)
    {
        this.node = node;
        clean =
        [
            new("PATH", inherited("PATH") is { Length: > 0 } path ? path : DefaultPath),
            .. Home(ownHome ?? inherited("HOME") ?? "/", isSetLater: ownHome?.Length == 0),
            new("LANG", inherited("LANG") is { Length: > 0 } language ? language : "C"),
        ];
        cleanInSandbox = [.. clean.Where(static variable => variable.Key != "HOME")];
    }

    /// <summary>
    /// Returns the whole environment of one attempt. The command's spans become children of <paramref name="span"/>.
    /// </summary>
    internal List<KeyValuePair<string, string>> Of(
        Start start, Activity? span, IReadOnlyList<int> gpus, IReadOnlyList<int> cores)
    {
        var all = new List<KeyValuePair<string, string>>(clean.Length + start.Env.Count + 5);
        foreach (var variable in CleanOf(start))
            if (!start.Env.ContainsKey(variable.Key))
                all.Add(variable);
        foreach (var variable in start.Env)
            if (!IsReserved(variable.Key) && !(start.Lease.Resources.Count > 0 && IsOfResources(start, variable.Key)))
                all.Add(variable);
        if (start.Lease.Resources.Count > 0)
            AddResources(all, start, gpus, cores);
        all.Add(new("TASK_ID", start.Lease.TaskId));
        all.Add(new("TASK_ATTEMPT", start.Lease.Attempt.ToString(CultureInfo.InvariantCulture)));
        all.Add(new("TASK_QUEUE", start.Lease.Queue));
        all.Add(new("NODE_ID", node));
        all.Add(new("TRACEPARENT", span?.Id ?? TraceParent(start.Lease.TaskId)));
        return all;
    }

    /// <summary>
    /// Returns the whole environment of a job's command. A kept command serves many chunks, so TASK_ID is the job's id,
    /// and TASK_ATTEMPT is the attempt of the chunk that it was started for.
    /// </summary>
    internal List<KeyValuePair<string, string>> OfJob(Start start) =>
    [
        .. CleanOf(start),
        // For jobs, the service alone sets these; a user's variables are not among them.
        .. start.Env,
        new("JOB_ID", start.Chunk.Job),
        new("TASK_ID", start.Chunk.Job),
        new("TASK_ATTEMPT", start.Lease.Attempt.ToString(CultureInfo.InvariantCulture)),
        new("TASK_QUEUE", start.Lease.Queue),
        new("NODE_ID", node),
        new("TRACEPARENT", TraceParent(start.Chunk.Job)),
    ];

    private KeyValuePair<string, string>[] CleanOf(Start start) => start.Isolation switch
    {
        null => clean,
        { Container: null } => cleanInSandbox,
        // A container has those of its image.
        _ => [],
    };

    /// <summary>
    /// Returns a W3C trace context whose trace is the task's or job's id.
    /// All attempts and chunks thus share one trace, which can be found by that id.
    /// </summary>
    private static string TraceParent(string id) =>
        $"00-{AttemptTraces.TraceOf(id) ?? ActivityTraceId.CreateRandom().ToHexString()}-{ActivitySpanId.CreateRandom()}-01";

    /// <summary>Returns no variable if a task's home is its working folder, which does not exist yet.</summary>
    private static KeyValuePair<string, string>[] Home(string home, bool isSetLater) =>
        isSetLater ? [] : [new("HOME", home.Length > 0 ? home : "/")];

    private static void AddResources(
        List<KeyValuePair<string, string>> all, Start start, IReadOnlyList<int> gpus, IReadOnlyList<int> cores)
    {
        if (start.Pin)
            all.Add(new(CpuList, string.Join(',', cores)));
        foreach (var (name, amount) in start.Lease.Resources)
        {
            if (name == ResourceName.Cpu)
                all.Add(new(Cpus, ResourceForms.Format(name, amount)));
            else if (name == ResourceName.Memory)
                all.Add(new(Memory, amount.ToString(CultureInfo.InvariantCulture)));
            else if (name == ResourceName.Gpu)
            {
                var indexes = string.Join(',', gpus);
                all.Add(new(Gpus, indexes));
                all.Add(new(VisibleGpus, indexes));
            }
        }
    }

    // A task sets these itself only as long as it does not ask for the resource.
    private static bool IsOfResources(Start start, string variable) => variable switch
    {
        CpuList => start.Pin,
        Cpus => start.Lease.Resources.ContainsKey(ResourceName.Cpu),
        Memory => start.Lease.Resources.ContainsKey(ResourceName.Memory),
        Gpus or VisibleGpus => start.Lease.Resources.ContainsKey(ResourceName.Gpu),
        _ => false,
    };

    private static bool IsReserved(string name) =>
        name is "TASK_ID" or "TASK_ATTEMPT" or "TASK_QUEUE" or "NODE_ID" or "TRACEPARENT"
            or "TASK_RESULT" or "TASK_INPUTS";
}
