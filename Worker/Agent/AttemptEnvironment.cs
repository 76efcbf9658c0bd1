using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The environment of commands: PATH, HOME and LANG of the worker, then the task's variables, then TASK_ID,
/// TASK_ATTEMPT, TASK_QUEUE, NODE_ID and TRACEPARENT, which a task cannot change. In a container, the image has its own
/// PATH, HOME and LANG.
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
    }

    /// <summary>
    /// Returns the whole environment of one attempt. The command's spans become children of <paramref name="span"/>.
    /// </summary>
    internal List<KeyValuePair<string, string>> Of(
        Start start, Activity? span, IReadOnlyList<int> gpus, IReadOnlyList<int> cores)
    {
        var all = new List<KeyValuePair<string, string>>(clean.Length + start.Env.Count + 5);
        // A container has those of its image.
        foreach (var variable in start.Isolation?.Container is null ? clean : [])
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
        .. clean,
        // For jobs, the service alone sets these; a user's variables are not among them.
        .. start.Env,
        new("JOB_ID", start.Chunk.Job),
        new("TASK_ID", start.Chunk.Job),
        new("TASK_ATTEMPT", start.Lease.Attempt.ToString(CultureInfo.InvariantCulture)),
        new("TASK_QUEUE", start.Lease.Queue),
        new("NODE_ID", node),
        new("TRACEPARENT", TraceParent(start.Chunk.Job)),
    ];

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
