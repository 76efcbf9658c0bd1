using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// What a job's ended chunks add up to. It covers exactly the chunks in <see cref="Folded"/>, each once, by number, in whatever order they
/// come.
/// </summary>
internal sealed class JobFold(Partial total)
{
    private const int MostFailures = 10_000;
    private readonly SortedDictionary<string, NodeShare> nodes = new(StringComparer.Ordinal);
    private readonly List<JobFailure> failures = [];
    private byte[]? outcome;

    /// <summary>The aggregates over all that succeeded.</summary>
    public Partial Total => total;

    /// <summary>The numbers of the chunks that it covers, failed ones too.</summary>
    public NumberSet Folded { get; } = new();

    /// <summary>The numbers of those that the stored progress does not cover yet.</summary>
    public NumberSet Unsaved { get; } = new();

    /// <summary>How many items failed.</summary>
    public long ItemsFailed { get; private set; }

    /// <summary>How many items were done or passed over.</summary>
    public long Processed => total.Items + total.Skipped;

    /// <summary>The first failures.</summary>
    public IReadOnlyList<JobFailure> Failures => failures;

    /// <summary>What each node did, by name.</summary>
    public IReadOnlyCollection<NodeShare> Nodes => nodes.Values;

    /// <summary>Takes up what is stored beside the aggregates.</summary>
    public void Restore(long itemsFailed, IEnumerable<ChunkRange> folded, IEnumerable<NodeShare> shares, IEnumerable<JobFailure> noted)
    {
        ItemsFailed = itemsFailed;
        foreach (var range in folded)
            Folded.Append(range);
        foreach (var share in shares)
            nodes[share.Node] = share;
        failures.AddRange(noted);
    }

    /// <summary>Takes an ended chunk in; null when it was folded before.</summary>
    /// <param name="ended">The chunk.</param>
    /// <param name="items">How many items it has.</param>
    /// <param name="knowsItems">Whether that many are really items: of a part of a file it is bytes.</param>
    /// <param name="now">Unix milliseconds.</param>
    public FoldStep? Add(EndedChunk ended, long items, bool knowsItems, long now)
    {
        if (!Folded.Add(ended.No))
            return null;
        Unsaved.Add(ended.No);
        var (report, partial, fault) = ReportedChunk.Read(ended.Report, total.Plan, items);
        if (partial is null)
            return new FoldStep(0, NoteFailure(ended, report, fault, knowsItems ? items : 1));
        var failure = Merge(ended, partial, now);
        return new FoldStep(knowsItems ? partial.Items + partial.Skipped : items, failure);
    }

    /// <summary>Notes what failed, as long as there are few.</summary>
    public void Note(JobFailure failure)
    {
        if (failures.Count < MostFailures)
            failures.Add(failure);
    }

    /// <summary>The aggregates as JSON. Rendered once a fold: it may be large, and a job is asked more often than it moves.</summary>
    public ReadOnlyMemory<byte> Outcome()
    {
        if (outcome is not null)
            return outcome;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteOutcome(json);
        return outcome = buffer.WrittenSpan.ToArray();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    private string? Merge(EndedChunk ended, Partial partial, long now)
    {
        foreach (var error in partial.Errors)
            Note(new JobFailure(ended.No, error.Item, "item-error", error.Message, error.Value, ended.Attempt, ended.Node, ended.At));
        var share = nodes.GetValueOrDefault(ended.Node, new NodeShare(ended.Node, 0, 0));
        if (partial.Items + partial.Skipped > 0)
            nodes[ended.Node] = share with { Items = share.Items + partial.Items, Chunks = share.Chunks + 1 };
        outcome = null;
        try
        {
            total.Merge(partial);
            return null;
        }
        catch (Exception fault)
        {
            var code = fault switch
            {
                TooManyGroupsException => "too-many-groups",
                ResultsTooLargeException => "results-too-large",
                _ => "chunk-failed",
            };
            Note(new JobFailure(ended.No, null, code, fault.Message, null, ended.Attempt, ended.Node, now));
            return code;
        }
    }

    private string NoteFailure(EndedChunk ended, ChunkReport? report, string? fault, long items)
    {
        var isLost = ended.Reason == EndReason.NodeLost;
        var code = report?.Code ?? (isLost ? "node-lost" : "chunk-failed");
        var message = fault is not null ? $"The worker's report cannot be read: {fault}"
            : report?.Message ?? (isLost ? "Its nodes were lost too often." : $"The chunk ended by {ended.Reason.Name()}.");
        ItemsFailed += report?.Error is null ? items : 1;
        Note(new JobFailure(
            ended.No, report?.Error?.Item, code, message, report?.Error?.Value, ended.Attempt, ended.Node, ended.At));
        return code;
    }
}
