using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The fold of a job: merges the partials of ended chunks and keeps the failures and each node's share. Each chunk
/// counts once, however often it is added, and the order does not matter. It is stored in <see cref="JobProgress"/>; a
/// new activation restores it and adds the chunks that ended since.
/// </summary>
internal sealed class JobFold(Partial total)
{
    // Bounds memory and the stored progress.
    private const int MostFailures = 10_000;
    private readonly SortedDictionary<string, NodeShare> nodes = new(StringComparer.Ordinal);
    private readonly List<JobFailure> failures = [];

    /// <summary>The aggregates as JSON; null if they were not rendered since the last merge.</summary>
    private byte[]? rendered;

    /// <summary>The aggregates over succeeded chunks; after a failed merge, possibly with part of that chunk.</summary>
    public Partial Total => total;

    /// <summary>Numbers of the folded chunks, including failed ones.</summary>
    public NumberSet Folded { get; } = new();

    /// <summary>
    /// Folded chunks that the stored progress does not include, so the store must keep them. Cleared by
    /// <see cref="JobCore.ToWrite"/>.
    /// </summary>
    public NumberSet Unsaved { get; } = new();

    /// <summary>
    /// Number of failed items. A failed chunk counts all its items, or 1 if the worker named the failed item, or if the
    /// source is a file, whose number of lines is unknown.
    /// </summary>
    public long ItemsFailed { get; private set; }

    /// <summary>Processed items, including those skipped because of errors.</summary>
    public long Processed => total.Items + total.Skipped;

    /// <summary>The first 10,000 failures.</summary>
    public IReadOnlyList<JobFailure> Failures => failures;

    public IReadOnlyCollection<NodeShare> Nodes => nodes.Values;

    public JobRecord Record { get; private set; } = new();

    /// <summary>Restores all but the aggregates, once, before any chunk is added.</summary>
    public void Restore(
        long itemsFailed, IEnumerable<ChunkRange> folded, IEnumerable<NodeShare> shares, IEnumerable<JobFailure> noted,
        JobRecord record)
    {
        Record = record;
        ItemsFailed = itemsFailed;
        foreach (var range in folded)
            Folded.Append(range);
        foreach (var share in shares)
            nodes[share.Node] = share;
        failures.AddRange(noted);
    }

    /// <summary>
    /// Folds an ended chunk; returns null if it was folded before. A failed chunk, or a report that cannot be read or
    /// merged, yields a <see cref="FoldStep.Failure"/>. Never throws because of a report: the report is stored, so
    /// every later activation would throw as well. <paramref name="knowsItems"/> is false for a file, whose span counts
    /// bytes.
    /// </summary>
    public FoldStep? Add(EndedChunk ended, SourceSpan span, bool knowsItems, long now)
    {
        var items = span.Length;
        if (!Folded.Add(ended.No))
            return null;
        Unsaved.Add(ended.No);
        var (report, partial, fault) = ReportedChunk.Read(ended.Report, total.Plan, items);
        Record.Note(new FoldedChunk(
            ended.No, span, partial is null ? 0 : partial.Items + partial.Skipped, ended.Node, ended.Attempt,
            Math.Max(0, ended.Micros), ended.At, HasFailed: partial is null));
        if (partial is null)
            return new FoldStep(0, NoteFailure(ended, report, fault, knowsItems ? items : 1));
        var failure = Merge(ended, partial, now);
        // After a failed merge, the aggregates may include part of the chunk.
        if (failure is null)
            Record.History.Note(ended.At, Processed, Figures);
        return new FoldStep(knowsItems ? partial.Items + partial.Skipped : items, failure);
    }

    public void Note(JobFailure failure)
    {
        if (failures.Count < MostFailures)
            failures.Add(failure);
    }

    /// <summary>Returns the aggregates as JSON, which may be large; renders them at most once per merge.</summary>
    public ReadOnlyMemory<byte> Outcome()
    {
        if (rendered is not null)
            return rendered;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteOutcome(json);
        return rendered = buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns the aggregates that are single numbers, as JSON. Cheap, unlike <see cref="Outcome"/>.</summary>
    public ReadOnlyMemory<byte> Figures()
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteFigures(json);
        return buffer.WrittenMemory;
    }

    /// <summary>Merges a partial; returns the code with which the job fails, or null.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    private string? Merge(EndedChunk ended, Partial partial, long now)
    {
        foreach (var error in partial.Errors)
            Note(new JobFailure(ended.No, error.Item, "item-error", error.Message, error.Value, ended.Attempt, ended.Node, ended.At));
        var share = nodes.GetValueOrDefault(ended.Node, new NodeShare(ended.Node, 0, 0));
        // A chunk without items is not a node's work: a reduction, or a file part in which no line begins.
        if (partial.Items + partial.Skipped > 0)
            nodes[ended.Node] = share with { Items = share.Items + partial.Items, Chunks = share.Chunks + 1 };
        rendered = null;
        try
        {
            total.Merge(partial);
            return null;
        }
        catch (Exception fault)
        {
            // These codes are stored and shown to callers, so never change them. See Errors in docs/jobs.md.
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

    /// <summary>
    /// Records a failed or unreadable chunk and returns the job's failure code. The report is null if it is unreadable
    /// or missing, as after node loss. <paramref name="items"/> count as failed unless the report names one item.
    /// </summary>
    private string NoteFailure(EndedChunk ended, ChunkReport? report, string? fault, long items)
    {
        var isLost = ended.Reason == EndReason.NodeLost;
        var code = report?.Code ?? (isLost ? "node-lost" : "chunk-failed");
        var message = fault is not null ? $"Cannot read the worker's report: {fault}"
            : report?.Message ?? (isLost ? "The chunk's nodes were lost too often." : "The chunk ended with the "
                + $"reason {ended.Reason.Name()}.");
        ItemsFailed += report?.Error is null ? items : 1;
        Note(new JobFailure(
            ended.No, report?.Error?.Item, code, message, report?.Error?.Value, ended.Attempt, ended.Node, ended.At));
        return code;
    }
}
