using OrleansTasks.Dispatch.Table;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>What happened in runs: which transitions, which faults, which other things worth knowing.</summary>
internal sealed class Coverage
{
    private static readonly HashSet<(TaskState, TaskState)> Legal =
        [.. TaskTransitions.All.Select(static known => (known.From, known.To))];

    private static readonly string[] OfJobs =
    [
        "job succeeded", "job cancelled", "job failed of item-error", "job failed of too-many-errors", "job stores its progress",
        "job begins anew with progress", "job replayed", "insight into an open job", "insight into an ended job",
        "cancel of an ended job", "chunk run twice", "append Taken", "append Full",
        "append Closed", "first block repeated", "block taken before", "stream Closed", "stream Finished",
        "job stores its progress in parts",
    ];

    private static readonly string[] OfGateways =
    [
        "submission refused: outcome-unknown", "submission refused: store-unavailable", "submission whose connection broke", "key replayed",
        "key idempotency-key-reuse", "cancel accepted", "retry accepted",
        "recorded task.cancel", "recorded task.retry", "wait in calm", "wait in turmoil", "wait saw IOException",
        "queue limited", "assigned under a limit", "waited for a concurrency key", "why concurrency-key", "released", "skipped",
        "held task met a new owner", "why waiting-for", "task quarantined", "bulk retry Changed", "bulk retry NotRetryable",
    ];

    private static readonly string[] OfUnique =
    [
        "submission refused: not-unique", "submission joined a task", "join replayed", "task replaced", "task replaced after its start",
        "debounced task", "debounced task after another", "debounced task moved on", "debounced task came due",
        "debounced task after a clock was set back",
    ];

    private static readonly string[] OfUndo =
    [
        "recorded task.undo", "undo of a cancel Undone", "undo of a cancel Started", "undo of a retry Undone",
        "undo of a retry Started",
    ];

    private static readonly string[] OfWebhooks =
    [
        "webhook made", "webhook paused", "webhook deleted", "target refuses", "target is silent", "event sent again",
    ];

    private static readonly string[] OfSchedules =
    [
        "schedule made", "occurrence started", "occurrence skipped", "occurrence missed", "occurrence pending", "schedule Pause Done",
        "occurrence of a task ended as succeeded", "occurrence of a job ended as succeeded",
        "occurrence of a job ended as failed", "occurrence of a job ended as cancelled", "occurrence of a workflow ended as succeeded",
        "occurrence of a workflow ended as failed", "occurrence of a workflow ended as cancelled", "schedule Resume Done",
        "schedule Trigger Done", "schedule Backfill Done", "schedule Put Done",
    ];

    private static readonly string[] OfFiles =
    [
        "upload Done", "files of a schedule", "files of schedules at the end", "schedule with files Put Done", "schedule with files Delete Done",
        "artifacts", "files after the sweep", "files of lost attempts or removed tasks",
    ];

    private static readonly string[] OfWorkflows =
    [
        "workflow made", "workflow succeeded", "workflow failed", "workflow cancelled", "workflow retried",
        "workflow removed",
        "result", "input", "input without a result", "result of a later attempt", "bad result",
        "list of items", "empty list of items", "no list of items", "items in several commits", "items run again",
        "node with items succeeded", "node with items failed", "node with items cancelled", "input of items",
        "node job started", "node job of a later run", "node job stopped", "input of a job",
        "node job succeeded", "node job failed", "node job cancelled",
        "workflow cancel Done", "workflow retry Done", "workflow retry NotRetryable", "workflow retry of a node Done",
    ];

    private static readonly string[] OfRollouts =
    [
        "rollout made", "rollout wave", "rollout halted", "rollout succeeded", "rollout failed", "rollout cancelled",
        "rollout resumed", "rollout retried", "rollout reopened", "rollout removed", "rollout node away",
        "rollout node catches up", "rollout task taken back", "rollout node broken", "rollout start replayed", "rollout cancel finished",
        "rollout retry notretryable", "rollout retry secretsgone", "rollout start keyreused",
    ];

    /// <summary>A task began to run while it ran on a worker that stood still.</summary>
    public const string FrozenOverlap = "overlap of a frozen worker";

    /// <summary>Retention removed tasks while a job was open.</summary>
    public const string RetentionInJob = "retention during a running job";

    /// <summary>A commit was answered with: nobody knows.</summary>
    public const string UnknownCommit = "commit of unknown outcome";

    /// <summary>How often things have to happen per thousand seeds, so that a campaign shows what it is there for.</summary>
    public static IReadOnlyDictionary<string, int> LeastPerThousand { get; } = new SortedDictionary<string, int>(StringComparer.Ordinal)
    {
        ["fault " + FaultKind.InstallationKill] = 200,
        ["fault " + FaultKind.SiloPause] = 200,
        ["fault " + FaultKind.SiloKillInCommit] = 200,
        ["silo ended itself, having been declared dead"] = 100,
        [UnknownCommit] = 500,
        [FrozenOverlap] = 5,
        [RetentionInJob] = 200,
    };

    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    /// <summary>Things and how often they happened.</summary>
    public IReadOnlyDictionary<string, long> Counts => counts;

    /// <summary>What has to happen in every campaign: each transition, each kind of fault, each turn that a job can take.</summary>
    public static IEnumerable<string> Expected =>
        Legal.Select(static pair => NameOf(pair.Item1, pair.Item2))
            .Concat(OfJobs)
            .Concat(OfGateways)
            .Concat(OfUnique)
            .Concat(OfUndo)
            .Concat(OfWebhooks)
            .Concat(OfSchedules)
            .Concat(OfFiles)
            .Concat(OfWorkflows)
            .Concat(OfRollouts)
            .Concat(Enum.GetNames<FaultKind>().Select(static kind => "fault " + kind))
            .Distinct().Order(StringComparer.Ordinal);

    /// <summary>Something happened.</summary>
    public void Fire(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    /// <summary>A fault happened.</summary>
    public void Fire(FaultKind kind) => Fire("fault " + kind);

    /// <summary>A task moved; false when the table does not have it.</summary>
    public bool TryMove(TaskState from, TaskState to)
    {
        if (!Legal.Contains((from, to)))
            return false;
        Fire(NameOf(from, to));
        return true;
    }

    /// <summary>Takes in another run's.</summary>
    public void Add(Coverage other)
    {
        foreach (var (what, count) in other.counts)
            counts[what] = counts.GetValueOrDefault(what) + count;
    }

    private static string NameOf(TaskState from, TaskState to) => $"{from.Name()}>{to.Name()}";
}
