using OrleansTasks.Queues;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

/// <summary>A job's spec, as requested by a caller.</summary>
public sealed class JobSpec
{
    /// <summary>The human-readable name; by default the processor's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The queue whose dispatcher runs the chunks.</summary>
    public string Queue { get; set; } = QueueSettings.DefaultQueue;

    /// <summary>The labels for searching, sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; set; } = [];

    /// <summary>The labels that a node must have to get chunks.</summary>
    public ImmutableArray<Label> Requires { get; set; } = [];

    /// <summary>What each chunk needs of its node besides a slot.</summary>
    public ResourceVector Resources { get; set; } = ResourceVector.None;

    /// <summary>The source of the items.</summary>
    public JobSource Source { get; set; } = new(JobSourceKind.Items, 0, 0, default, 0);

    /// <summary>How the items are processed.</summary>
    public ProcessingPlan Plan { get; set; } = null!;

    /// <summary>Whether chunks go to the nodes in turn instead of to the least loaded one.</summary>
    public bool RoundRobin { get; set; }

    /// <summary>
    /// Additional environment variables for a job that a schedule or workflow started. Users cannot set them.
    /// </summary>
    public ImmutableArray<EnvironmentVariable> Env { get; set; } = [];

    /// <summary>
    /// The workflow and the node in it for which the job runs; null outside a workflow. Users cannot set it.
    /// </summary>
    public JobPlace? Workflow { get; set; }

    /// <summary>Maximum number of items read per second; null for no limit.</summary>
    public double? Pace { get; set; }

    /// <summary>The number of items per chunk; null to adapt it to the job.</summary>
    public int? ChunkSize { get; set; }

    /// <summary>Whether collected results keep the source's order.</summary>
    public bool KeepsOrder { get; set; }

    /// <summary>Maximum number of items with errors that are skipped before the job fails; null for no limit.</summary>
    public long? MaxErrors { get; set; }

    /// <summary>Whether the collected results are also kept as an artifact.</summary>
    public bool KeepsResults { get; set; }

    /// <summary>The retry policy of the chunks.</summary>
    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;
}
