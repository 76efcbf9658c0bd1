using OrleansTasks.Queues;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

/// <summary>A job as requested.</summary>
public sealed class JobSpec
{
    /// <summary>Name for people; the processor's name by default.</summary>
    public string Name { get; set; } = "";

    /// <summary>The queue whose dispatcher runs the chunks.</summary>
    public string Queue { get; set; } = QueueSettings.DefaultQueue;

    /// <summary>Labels for searching, by key.</summary>
    public ImmutableArray<Label> Labels { get; set; } = [];

    /// <summary>Labels that a node must have to get chunks.</summary>
    public ImmutableArray<Label> Requires { get; set; } = [];

    /// <summary>Source of the items.</summary>
    public JobSource Source { get; set; } = new(JobSourceKind.Items, 0, 0, default, 0);

    /// <summary>Processing of the items.</summary>
    public ProcessingPlan Plan { get; set; } = null!;

    /// <summary>Spreads chunks around the nodes instead of to the least loaded one.</summary>
    public bool RoundRobin { get; set; }

    /// <summary>Variables for the commands of a job that a schedule or workflow started. Users cannot set it.</summary>
    public ImmutableArray<EnvironmentVariable> Env { get; set; } = [];

    /// <summary>The workflow's node that the job runs for; null outside a workflow. Users cannot set it.</summary>
    public JobPlace? Workflow { get; set; }

    /// <summary>Limit on items read per second; null for none.</summary>
    public double? Pace { get; set; }

    /// <summary>Items per chunk; null to adapt.</summary>
    public int? ChunkSize { get; set; }

    /// <summary>Keeps collected results in the source's order.</summary>
    public bool KeepsOrder { get; set; }

    /// <summary>Items with errors to skip before the job fails; null for no limit.</summary>
    public long? MaxErrors { get; set; }

    /// <summary>Retry policy of the chunks.</summary>
    public RetryPolicy Retry { get; set; } = RetryPolicy.Default;
}
