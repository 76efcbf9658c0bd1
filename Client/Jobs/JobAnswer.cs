using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Jobs;

/// <summary>A job, as the HTTP contract shows it.</summary>
[Schema("Job"), Description("A data job.")]
internal sealed class JobAnswer
{
    private readonly JobView job;

    private JobAnswer(JobView job) => this.job = job;

    [Description("The job's id.")]
    public TaskId Id => job.Id;

    [Description("The job's name.")]
    public string Name => job.Name;

    [Description("The queue whose slots it uses.")]
    public string Queue => job.Queue;

    [Description("The job's state.")]
    public JobState State => job.State;

    [Description("When it was submitted.")]
    public Timestamp CreatedAt => job.Id.CreatedAt;

    [Description("When the first chunk was assigned to a worker.")]
    public Timestamp? StartedAt => job.StartedAt;

    [Description("When it ended.")]
    public Timestamp? EndedAt => job.EndedAt;

    [Description("The items read from the source.")]
    public long ItemsRead => job.ItemsRead;

    [Description("The items that the aggregate covers, each once.")]
    public long ItemsDone => job.ItemsDone;

    [Description("The items of failed chunks.")]
    public long ItemsFailed => job.ItemsFailed;

    [Description("The items skipped because of errors.")]
    public long ItemsSkipped => job.ItemsSkipped;

    [Description("The chunks that wait for a slot.")]
    public long ChunksQueued => job.ChunksQueued;

    [Description("The chunks that nodes have.")]
    public long ChunksRunning => job.ChunksRunning;

    [Description("The chunks that the aggregate covers.")]
    public long ChunksDone => job.ChunksDone;

    [Description("How much of the source is done; null if its size is unknown."), Range(0, 100)]
    public double? Percent => Rounded(job.Percent, 2);

    [Description("The recent rate; for an ended job, the average over its whole run.")]
    public double ItemsPerSecond => Math.Round(job.ItemsPerSecond, 1);

    [Description("The time left at this rate; null if unknown.")]
    public double? EtaSeconds => Rounded(job.EtaSeconds, 1);

    [Description("What each node has done.")]
    public ImmutableArray<NodeShare> PerNode => job.PerNode;

    [Description("The results by name.")]
    public WrittenJson Aggregate => new(job.Aggregate);

    [Description("The names of the results that are estimates.")]
    public ImmutableArray<string> Approximate => job.Approximate;

    [Description("Whether the whole source was processed.")]
    public bool Complete => job.State == JobState.Succeeded;

    [Description("When its cancellation was requested.")]
    public Timestamp? CancelRequestedAt => job.CancelRequestedAt;

    [Description("Why the job failed.")]
    public string? Reason => job.Reason;

    [Description("The job's labels.")]
    public LabelMap Labels => job.Labels;

    [Description("Only for a job of a workflow: the workflow and the node that the job belongs to.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JobPlaceAnswer? Workflow =>
        job.Workflow is { } place ? new JobPlaceAnswer(place.Workflow, place.Node) : null;

    /// <summary>The example of the contract.</summary>
    public static JobAnswer Example => Of(new JobView
    {
        Id = Examples.Id,
        Name = "square",
        Queue = "default",
        State = JobState.Succeeded,
        StartedAt = Examples.Id.CreatedAt,
        EndedAt = Examples.Id.CreatedAt + 20,
        ItemsRead = 1_000_000,
        ItemsDone = 1_000_000,
        ChunksDone = 8,
        Percent = 100,
        ItemsPerSecond = 50_000_000,
        EtaSeconds = 0,
        PerNode = [new NodeShare("w1", 1_000_000, 8)],
        Aggregate = """{"total":333332833333500000}"""u8.ToArray(),
    });

    /// <summary>Returns the answer of a job.</summary>
    public static JobAnswer Of(JobView job) => new(job);

    // Null also for a number that JSON does not have.
    private static double? Rounded(double? number, int digits) =>
        number is { } value && double.IsFinite(value) ? Math.Round(value, digits) : null;
}

/// <summary>The workflow and the node in it for which a job runs, as the HTTP contract shows them.</summary>
internal sealed record JobPlaceAnswer(
    [property: Description("The workflow's id.")]
    TaskId Id,
    [property: Description("The node's name.")]
    string Node);

/// <summary>A failed item or chunk of a job, as the HTTP contract shows it.</summary>
[Schema("JobFailure"), Description("An item or a chunk of a job that failed.")]
internal sealed class JobFailureAnswer
{
    private readonly JobFailure failure;

    private JobFailureAnswer(JobFailure failure) => this.failure = failure;

    [Description("The chunk's number.")]
    public long Chunk => failure.Chunk;

    [Description("The item's place in the source, from 0; for a range, the integer itself; null for a whole chunk.")]
    public long? Item => failure.Item;

    [Description("Why it failed.")]
    public string Reason => failure.Reason;

    [Description("What the processor said.")]
    public string Message => failure.Message;

    [Description("The beginning of the item.")]
    public string? Value => failure.Value;

    [Description("The number of the chunk's attempt.")]
    public int Attempt => failure.Attempt;

    [Description("The node that processed it.")]
    public string Node => failure.Node;

    [Description("When it failed.")]
    public Timestamp At => failure.At;

    /// <summary>The example of the contract.</summary>
    public static JobFailureAnswer Example =>
        Of(new JobFailure(17, 1_634, "item-error", "The line is not JSON.", "{\"a\":", 1, "w1", Examples.Time));

    /// <summary>Returns the answer of a failure.</summary>
    public static JobFailureAnswer Of(JobFailure failure) => new(failure);
}

/// <summary>What came of items that a caller sent, as the HTTP contract shows it.</summary>
[Schema("ItemsAccepted"), Description("What came of items that were posted to a job.")]
internal sealed record ItemsAcceptedAnswer(
    [property: Description("The number of items of this request that are on disk. With the parameter upload: of the "
        + "whole upload, so that the next request begins with this offset.")]
    long Accepted)
{
    /// <summary>The example of the contract.</summary>
    public static ItemsAcceptedAnswer Example => new(3);
}
