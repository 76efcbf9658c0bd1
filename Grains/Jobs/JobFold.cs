using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The fold of a job: what its ended chunks add up to. <see cref="JobCore"/> adds every ended chunk,
/// and shows and stores the fold. A worker reports a partial for each chunk: the counts and the aggregates (such as
/// a sum) over the chunk's items. The fold merges the partials into one, and keeps the failures and each node's share.
/// </summary>
/// <remarks>
/// A chunk counts once, however often it is added: <see cref="Folded"/> has the numbers of all chunks in the fold.
/// Chunks may be added in any order without changing the aggregates.
/// The fold lives in memory and is stored from time to time as part of <see cref="JobProgress"/>.
/// A new activation restores it, and adds the chunks that ended after it was stored.
/// </remarks>
/// <param name="total">
/// The aggregates to begin with: empty, or those of the stored progress. The fold changes the object.
/// </param>
internal sealed class JobFold(Partial total)
{
    // Bounds the memory and the size of the stored progress.
    private const int MostFailures = 10_000;
    private readonly SortedDictionary<string, NodeShare> nodes = new(StringComparer.Ordinal);
    private readonly List<JobFailure> failures = [];

    /// <summary>The aggregates as JSON; null when they were not rendered since the last merge.</summary>
    private byte[]? rendered;

    /// <summary>
    /// The aggregates over the chunks that succeeded.
    /// When a merge fails, the job fails, and the aggregates may include a part of that chunk.
    /// </summary>
    public Partial Total => total;

    /// <summary>The numbers of the folded chunks, including chunks that failed.</summary>
    public NumberSet Folded { get; } = new();

    /// <summary>
    /// The numbers of the folded chunks that the stored progress does not include yet,
    /// so the store must keep those chunks. <see cref="JobCore.ToWrite"/> clears the set when it writes progress.
    /// </summary>
    public NumberSet Unsaved { get; } = new();

    /// <summary>
    /// The number of items that failed. A failed chunk counts with all of its items, or as 1 when the worker named
    /// the item that failed. A failed chunk of a file always counts as 1, because its number of lines is not known.
    /// </summary>
    public long ItemsFailed { get; private set; }

    /// <summary>
    /// The number of items that were processed, including items that were skipped because of an error.
    /// </summary>
    public long Processed => total.Items + total.Skipped;

    /// <summary>The first 10,000 failures.</summary>
    public IReadOnlyList<JobFailure> Failures => failures;

    /// <summary>What each node has processed of the job, ordered by node name.</summary>
    public IReadOnlyCollection<NodeShare> Nodes => nodes.Values;

    /// <summary>The course of the job: slow chunks, durations, and how items and aggregates grew.</summary>
    public JobRecord Record { get; private set; } = new();

    /// <summary>
    /// Restores what was stored besides the aggregates, which the constructor takes.
    /// Called once, before any chunk is added.
    /// </summary>
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
    /// Folds an ended chunk, and returns what that means for the job.
    /// Returns null, and changes nothing, when the chunk was folded before.
    /// A chunk that failed, or whose report cannot be read or merged, yields a <see cref="FoldStep.Failure"/>.
    /// </summary>
    /// <remarks>
    /// The method does not throw because of a report.
    /// The report is stored, so an exception would end every later activation of the job in the same way.
    /// </remarks>
    /// <param name="ended">The ended chunk.</param>
    /// <param name="span">The chunk's place in the source.</param>
    /// <param name="knowsItems">
    /// Whether the length of <paramref name="span"/> counts items; false for a file, where it counts bytes.
    /// </param>
    /// <param name="now">The current time, in Unix milliseconds. A failed merge is listed under this time.</param>
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
        // Of a merge that failed, the aggregates may include a part.
        if (failure is null)
            Record.History.Note(ended.At, Processed, Figures);
        return new FoldStep(knowsItems ? partial.Items + partial.Skipped : items, failure);
    }

    /// <summary>Adds a failure to <see cref="Failures"/>. Ignores failures after the first 10,000.</summary>
    public void Note(JobFailure failure)
    {
        if (failures.Count < MostFailures)
            failures.Add(failure);
    }

    /// <summary>
    /// Returns the aggregates as JSON. The JSON may be large,
    /// so it is rendered only when it is asked for, once after each merge.
    /// </summary>
    public ReadOnlyMemory<byte> Outcome()
    {
        if (rendered is not null)
            return rendered;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteOutcome(json);
        return rendered = buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns the aggregates that are a single number, as JSON. Cheap, unlike <see cref="Outcome"/>.</summary>
    public ReadOnlyMemory<byte> Figures()
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteFigures(json);
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// Merges the partial of a chunk that succeeded.
    /// Returns the code that the job fails with, or null when the merge succeeded.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    private string? Merge(EndedChunk ended, Partial partial, long now)
    {
        foreach (var error in partial.Errors)
            Note(new JobFailure(ended.No, error.Item, "item-error", error.Message, error.Value, ended.Attempt, ended.Node, ended.At));
        var share = nodes.GetValueOrDefault(ended.Node, new NodeShare(ended.Node, 0, 0));
        // A chunk without items does not count as a node's work:
        // a reduction combines the results of other chunks, and in a part of a file perhaps no line begins.
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
            // The codes are stored and shown to callers, so they must not change. See Errors in docs/jobs.md.
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
    /// Records a chunk that failed or whose report cannot be read. Returns the code that the job fails with.
    /// </summary>
    /// <param name="ended">The ended chunk.</param>
    /// <param name="report">
    /// The report; null when there is none, as when the worker was lost, and when the report cannot be read.
    /// </param>
    /// <param name="fault">Why the report cannot be read; null when there is none or it can be read.</param>
    /// <param name="items">The number of items to count as failed, unless the report names one item.</param>
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
