using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The fold of a job: the combined results of its ended chunks, each chunk in <see cref="Folded"/> exactly once. The order in which
/// chunks end does not matter for the aggregates. It lives in memory, and is stored as part of <see cref="JobProgress"/>.
/// </summary>
/// <param name="total">The aggregates to begin with: empty, or those of the stored progress. The fold changes them.</param>
internal sealed class JobFold(Partial total)
{
    private const int MostFailures = 10_000;
    private readonly SortedDictionary<string, NodeShare> nodes = new(StringComparer.Ordinal);
    private readonly List<JobFailure> failures = [];

    /// <summary>The aggregates as JSON; null when they were not rendered since the last merge.</summary>
    private byte[]? outcome;

    /// <summary>
    /// The aggregates over the chunks that succeeded. A chunk whose merge has failed the job may be included in part.
    /// </summary>
    public Partial Total => total;

    /// <summary>The numbers of the folded chunks, including chunks that failed.</summary>
    public NumberSet Folded { get; } = new();

    /// <summary>
    /// The numbers of the folded chunks that the stored progress does not include yet. <see cref="JobCore.ToWrite"/> clears it.
    /// </summary>
    public NumberSet Unsaved { get; } = new();

    /// <summary>
    /// The number of items that failed: the whole chunk, or 1 when the worker named one item. A failed chunk of a file counts 1, because
    /// nobody counts a file's lines.
    /// </summary>
    public long ItemsFailed { get; private set; }

    /// <summary>The number of items that were processed or skipped.</summary>
    public long Processed => total.Items + total.Skipped;

    /// <summary>The first 10,000 failures.</summary>
    public IReadOnlyList<JobFailure> Failures => failures;

    /// <summary>The share of each node, ordered by node name.</summary>
    public IReadOnlyCollection<NodeShare> Nodes => nodes.Values;

    /// <summary>Restores the stored progress other than the aggregates. Called once, before any chunk is folded.</summary>
    public void Restore(long itemsFailed, IEnumerable<ChunkRange> folded, IEnumerable<NodeShare> shares, IEnumerable<JobFailure> noted)
    {
        ItemsFailed = itemsFailed;
        foreach (var range in folded)
            Folded.Append(range);
        foreach (var share in shares)
            nodes[share.Node] = share;
        failures.AddRange(noted);
    }

    /// <summary>
    /// Folds an ended chunk. Returns null when the chunk was folded before. A report that cannot be read or merged does not throw, since
    /// it would fail every activation anew: it fails the job.
    /// </summary>
    /// <param name="ended">The ended chunk.</param>
    /// <param name="items">The size of the chunk: bytes of a file, items of any other source.</param>
    /// <param name="knowsItems">Whether <paramref name="items"/> counts items, not bytes.</param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
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

    /// <summary>Records a failure. Ignores failures after the first 10,000.</summary>
    public void Note(JobFailure failure)
    {
        if (failures.Count < MostFailures)
            failures.Add(failure);
    }

    /// <summary>
    /// Returns the aggregates as JSON. The JSON may be large, so it is rendered only once after each fold.
    /// </summary>
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
        // A chunk without items is a reduction, which does not count as a node's work.
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
            // The codes are shown to callers and stored: see Errors in docs/jobs.md.
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

    /// <summary>Records a failed chunk, or one whose report cannot be read; returns the code that the job fails with.</summary>
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
