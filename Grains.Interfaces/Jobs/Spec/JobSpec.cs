using OrleansTasks.Queues;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

/// <summary>What a job is asked to do.</summary>
public sealed class JobSpec
{
    /// <summary>For people; by default the processor's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The queue whose dispatcher its chunks go through.</summary>
    public string Queue { get; set; } = QueueSettings.DefaultQueue;

    /// <summary>For finding it, by key.</summary>
    public ImmutableArray<Label> Labels { get; set; } = [];

    /// <summary>What a node must carry to get its chunks.</summary>
    public ImmutableArray<Label> Requires { get; set; } = [];

    /// <summary>Where its items come from.</summary>
    public JobSource Source { get; set; } = new(JobSourceKind.Items, 0, 0, default, 0);

    /// <summary>What is done with them.</summary>
    public ProcessingPlan Plan { get; set; } = null!;

    /// <summary>Whether chunks go around the nodes; else to the least loaded.</summary>
    public bool RoundRobin { get; set; }

    /// <summary>
    /// What its commands see besides, for a job that a schedule or a workflow has started. Users
    /// cannot set it.
    /// </summary>
    public ImmutableArray<EnvironmentVariable> Env { get; set; } = [];

    /// <summary>The workflow's node that it runs for; null outside a workflow. Users cannot set it.</summary>
    public JobPlace? Workflow { get; set; }

    /// <summary>Items a second that are read at most; null for as many as can be.</summary>
    public double? Pace { get; set; }

    /// <summary>Items a chunk; null to adapt.</summary>
    public int? ChunkSize { get; set; }

    /// <summary>Whether collected results come in the source's order.</summary>
    public bool KeepsOrder { get; set; }

    /// <summary>How many items with errors are passed over before the job fails; null without a bound.</summary>
    public long? MaxErrors { get; set; }

    /// <summary>When a chunk is tried again.</summary>
    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;
}
