using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The rules of one job, without I/O, clock or threads: which chunks are cut next, what ended chunks add, when it is over. What it
/// shows covers exactly the chunks it has folded, each once, by number. Times are Unix milliseconds.
/// </summary>
internal sealed partial class JobCore
{
    private const int MostFailures = 10_000;
    private const int LargestSegment = 1 << 20;
    private const long LargestRange = 1L << 28;
    private const long LargestCount = 1_000_000;
    private const long FirstRange = 1L << 18;
    private const long FirstCount = 1024;
    private const long FirstCommand = 16;
    private const long FirstCollected = 1024;
    private const long LargestCollected = 32_768;
    private const int CollectedSegment = 256 << 10;
    private const long FirstFilePart = 256 << 10;
    private const long FirstQuickPart = 1 << 20;
    private const long LargestFilePart = 8 << 20;
    private const int LineGuess = 64;
    private const int UnknownSlots = 4;
    private readonly JobSpec spec;
    private readonly SourceCursor cursor;
    private readonly ChunkSizer sizer;
    private readonly int segmentLimit;
    // What an item is in the source's own measure: of a file that is bytes.
    private readonly int unit;
    private readonly RateMeter rate = new();
    private readonly Pacer? pacer;
    private readonly long leastPaced = 1;
    private readonly SortedDictionary<long, OpenChunk> open = [];
    private readonly NumberSet folded = new();
    private readonly NumberSet unsaved = new();
    private readonly SortedDictionary<string, NodeShare> nodes = new(StringComparer.Ordinal);
    private readonly List<JobFailure> failures = [];
    private Partial total;
    private long lastNo;
    private long openBytes;
    private long openItems;
    private long droppedItems;
    private long itemsFailed;
    private long startedAt;
    private long endedAt;
    private long cancelRequestedAt;
    private string? reason;

    public JobCore(TaskId id, PartitionKey partition, JobSpec spec)
    {
        (Id, Partition, this.spec) = (id, partition, spec);
        cursor = new SourceCursor(spec.Source);
        var isRange = spec.Source.Kind == JobSourceKind.Range && !spec.Plan.MakesLines;
        // Results that are kept travel with their chunk, so chunks stay small; nobody knows what a command takes.
        var (first, most) = spec.Plan.Collects ? (FirstCollected, LargestCollected)
            : isRange ? (FirstRange, LargestRange)
            : (FirstCount, LargestCount);
        if (spec.Plan.Processor >= ProcessorKind.Command)
            first = FirstCommand;
        if (IsFile)
            (first, most) = spec.Plan.Collects ? (FirstFilePart, CollectedSegment)
                : (spec.Plan.Processor < ProcessorKind.Command ? FirstQuickPart : FirstFilePart, LargestFilePart);
        segmentLimit = spec.Plan.Collects ? CollectedSegment : LargestSegment;
        unit = IsFile ? LineGuess : 1;
        sizer = new ChunkSizer(first, most, spec.ChunkSize * unit);
        pacer = spec.Pace is { } pace ? new Pacer(pace * unit, (spec.ChunkSize ?? 1) * unit) : null;
        // Of a file, where one byte is soon due, as much as is due in a tenth of a second goes together.
        if (IsFile && spec.Pace is { } itemsPerSecond)
            leastPaced = Math.Max(unit, (long)Math.Min(itemsPerSecond * unit / 10, LargestFilePart));
        total = new Partial(spec.Plan);
    }

    public TaskId Id { get; }

    public PartitionKey Partition { get; }

    public JobSpec Spec => spec;

    public JobPhase Phase { get; private set; }

    public bool IsStopping => Phase is JobPhase.Cancelling or JobPhase.Failing;

    public bool IsOver => Phase >= JobPhase.Succeeded;

    /// <summary>The smallest number of an open chunk; null when none is open.</summary>
    public long? FirstOpen => open.Count > 0 ? open.Keys.First() : null;

    /// <summary>Where it stands, for people.</summary>
    public override string ToString() => $"{Phase}, chunk {lastNo}, open from {FirstOpen}, {folded.Count} folded, {(isClosed ? "closed" : "not closed")}";

    /// <summary>The numbers of the chunks that the aggregate covers or that failed.</summary>
    public NumberSet Folded => folded;

    /// <summary>How many bytes of items open chunks have.</summary>
    public long OpenBytes => openBytes;

    /// <summary>How many items the aggregate covers.</summary>
    public long ItemsDone => total.Items;

    /// <summary>How many chunks have been folded that the stored progress does not cover.</summary>
    public long Unsaved => unsaved.Count;

    public bool IsFile => spec.Source.Kind == JobSourceKind.File;

    /// <summary>The file was found; its bytes are cut into parts.</summary>
    public void Use(FilePart file) => cursor.File = file;

    /// <summary>Begins to read.</summary>
    public void Begin(long now) => pacer?.Begin(now, cursor.Place);

    /// <summary>The wall clock was set, by so many milliseconds: the pace and the rate go on as if it had not been.</summary>
    public void ClockStepped(long by)
    {
        pacer?.ClockStepped(by);
        rate.ClockStepped(by);
    }

    /// <summary>Takes up what is stored: the row, then its chunks.</summary>
    public void Restore(JobRow row, ChunkEnd? last, long now)
    {
        (startedAt, endedAt, cancelRequestedAt, reason) = (row.StartedAt, row.EndedAt, row.CancelRequestedAt, row.Reason);
        isClosed = row.IsClosed;
        ReadProgress(row.Progress);
        if (last is { } end && end.No > lastNo)
        {
            lastNo = end.No;
            cursor.Seek(end.Next);
        }

        Phase = row.State switch
        {
            JobState.Succeeded => JobPhase.Succeeded,
            JobState.Failed => JobPhase.Failed,
            JobState.Cancelled => JobPhase.Cancelled,
            _ => reason is not null ? JobPhase.Failing
                : cancelRequestedAt != 0 ? JobPhase.Cancelling
                : cursor.Left == 0 || isClosed ? JobPhase.Draining
                : JobPhase.Reading,
        };
        Begin(now);
    }

    /// <summary>Takes up a stored chunk.</summary>
    public void Restore(ChunkRow chunk, long now)
    {
        if (folded.Contains(chunk.Plan.No))
            return;
        AddOpen(chunk.Plan);
        if (chunk.Ended is { } ended)
            Fold(ended, now);
    }

    /// <summary>Cuts the next chunks off the source, as far as the window and the pace allow.</summary>
    public ImmutableArray<ChunkPlan> Cut(int slots, long now)
    {
        if (Phase != JobPhase.Reading || IsFed)
            return [];
        slots = slots == 0 ? UnknownSlots : slots;
        var window = sizer.Window(slots);
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        while (cursor.Left > 0 && open.Count < window && openBytes < MostOpenBytes)
        {
            var items = sizer.Next(cursor.Left, slots);
            if (pacer is not null)
            {
                var allowed = pacer.Allowed(now, cursor.Place);
                if (allowed < Math.Min(items, LeastPaced))
                    break;
                items = Math.Min(items, allowed);
            }

            var chunk = cursor.Cut(++lastNo, items, segmentLimit);
            AddOpen(chunk);
            chunks.Add(chunk);
        }

        if (chunks.Count > 0 && startedAt == 0)
            startedAt = now;
        if (cursor.Left == 0)
            Move(JobTrigger.SourceEnd);
        return chunks.DrainToImmutable();
    }

    /// <summary>When the next item may be read; null when the pace holds nothing back.</summary>
    public long? NextDue(long now)
    {
        if (pacer is null || Phase != JobPhase.Reading || cursor.Left == 0 || IsFed)
            return null;
        return pacer.DueAt(cursor.Place + Math.Min(LeastPaced, cursor.Left), now);
    }

    /// <summary>How much must be due before it is read; the very first item is at once.</summary>
    private long LeastPaced => spec.ChunkSize * unit ?? (cursor.Place == 0 ? 1 : leastPaced);

    /// <summary>Stops the job; false when it has ended.</summary>
    public bool Cancel(long now)
    {
        if (IsOver)
            return false;
        if (cancelRequestedAt == 0)
            cancelRequestedAt = now;
        if (!IsStopping)
            Move(JobTrigger.Cancel);
        return true;
    }

    /// <summary>Ends the job if nothing is open any more, or after its chunks were dropped; true when it has just ended.</summary>
    public bool End(bool areDropped, long now)
    {
        if (IsOver)
            return false;
        if (areDropped && IsStopping)
        {
            open.Clear();
            droppedItems += openItems;
            openBytes = openItems = 0;
            Move(JobTrigger.Stopped);
        }
        else if (Phase == JobPhase.Draining && open.Count == 0)
            Move(JobTrigger.AllDone);
        if (IsOver)
            endedAt = now;
        return IsOver;
    }

    /// <summary>What is to be stored of the job as it stands.</summary>
    /// <param name="withProgress">Whether the fold goes with it.</param>
    /// <param name="submission">Set when it is new.</param>
    public JobWrite ToWrite(bool withProgress, JobSubmission? submission = null)
    {
        ImmutableArray<ChunkRange> saved = withProgress && !IsOver ? [.. unsaved.Ranges] : [];
        // A null in a conditional expression would become bytes that are there, none of them, and replace what is stored.
        ReadOnlyMemory<byte>? progress = null;
        if (withProgress)
        {
            unsaved.Clear();
            progress = WriteProgress();
        }

        return new JobWrite(Phase.ToState(), startedAt, endedAt, cancelRequestedAt, isClosed, reason, progress, submission, saved);
    }

    private const long MostOpenBytes = 64L << 20;

    private void Move(JobTrigger trigger) =>
        Phase = JobTransitions.TryNext(Phase, trigger)
            ?? throw new InvalidOperationException($"{trigger} cannot happen to a job that is {Phase}.");

    private void AddOpen(ChunkPlan chunk)
    {
        var reduced = ReducedBy(chunk);
        // One that ended while the job was being read comes among the open ones and among the ended ones.
        if (!open.TryAdd(chunk.No, new OpenChunk(chunk.Items, chunk.Segment.Length, reduced)))
            return;
        if (reduced != None)
            reducing.Add(reduced);
        openBytes += chunk.Segment.Length;
        openItems += chunk.Items;
    }

    private readonly record struct OpenChunk(long Items, int Bytes, int Reduced);
}
