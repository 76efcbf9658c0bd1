using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The rules of one job, without I/O, clock or threads: when which chunks are cut (<see cref="ChunkCutter"/>), what is open
/// (<see cref="OpenChunks"/>), what ended chunks add up to (<see cref="JobFold"/>), and how the job ends (<see cref="JobLife"/>). Times are
/// Unix milliseconds.
/// </summary>
internal sealed class JobCore
{
    /// <summary>About the most bytes of items that one call cuts: what is cut at once is stored by one request.</summary>
    public const int MostCutBytes = 4 << 20;

    private const int MostOpenChunks = 16_384;
    private readonly RateMeter rate = new();

    public JobCore(TaskId id, PartitionKey partition, JobSpec spec)
    {
        (Id, Partition, Spec) = (id, partition, spec);
        Cutter = new ChunkCutter(spec);
        FoldSoFar = new JobFold(new Partial(spec.Plan));
    }

    public TaskId Id { get; }

    public PartitionKey Partition { get; }

    public JobSpec Spec { get; }

    public JobPhase Phase => Life.Phase;

    public bool IsStopping => Life.IsStopping;

    public bool IsOver => Life.IsOver;

    /// <summary>Whether no more items will come, since somebody has said so.</summary>
    public bool IsClosed => Life.IsClosed;

    public bool IsFile => Cutter.IsFile;

    public bool IsStream => Spec.Source.Kind == JobSourceKind.Stream;

    /// <summary>Whether its items come in as they are there, rather than by cutting what is known.</summary>
    public bool IsFed => Spec.Source.Kind is JobSourceKind.Stream or JobSourceKind.Command;

    /// <summary>Whether items may still be appended.</summary>
    public bool TakesItems => IsStream && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>Whether a command's output is still to be read.</summary>
    public bool ReadsCommand => Spec.Source.Kind == JobSourceKind.Command && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>The smallest number of an open chunk; null when none is open.</summary>
    public long? FirstOpen => Open.First;

    /// <summary>How many bytes of items open chunks have.</summary>
    public long OpenBytes => Open.Bytes;

    /// <summary>The numbers of the chunks that the aggregate covers or that failed.</summary>
    public NumberSet Folded => FoldSoFar.Folded;

    /// <summary>How many chunks have been folded that the stored progress does not cover.</summary>
    public long Unsaved => FoldSoFar.Unsaved.Count;

    /// <summary>How many items the aggregate covers.</summary>
    public long ItemsDone => FoldSoFar.Total.Items;

    /// <summary>How many items have been cut.</summary>
    public long ItemsRead => Cutter.Place;

    internal JobLife Life { get; } = new();

    internal ChunkCutter Cutter { get; }

    internal OpenChunks Open { get; } = new();

    internal JobFold FoldSoFar { get; private set; }

    /// <summary>Where it stands, for people.</summary>
    public override string ToString() =>
        $"{Phase}, chunk {Open.LastNo}, open from {FirstOpen}, {Folded.Count} folded, {(IsClosed ? "closed" : "not closed")}";

    /// <summary>The file was found; its bytes are cut into parts.</summary>
    public void Use(FilePart file) => Cutter.File = file;

    /// <summary>Begins to read.</summary>
    public void Begin(long now) => Cutter.Begin(now);

    /// <summary>The wall clock was set, by so many milliseconds: the pace and the rate go on as if it had not been.</summary>
    public void ClockStepped(long by)
    {
        Cutter.ClockStepped(by);
        rate.ClockStepped(by);
    }

    /// <summary>Takes up what is stored: the row, then its chunks. Throws <see cref="FormatException"/>.</summary>
    public void Restore(JobRow row, ChunkEnd? last, long now)
    {
        if (!row.Progress.IsEmpty)
        {
            var progress = JobProgress.Read(row.Progress.Span, Spec.Plan, IsFile);
            Open.Restore(progress.LastNo, progress.DroppedItems);
            Cutter.SeekPlace(progress.Place);
            if (IsFile)
                Cutter.File = progress.File;
            FoldSoFar = progress.Fold;
        }

        if (last is { } end && end.No > Open.LastNo)
        {
            Open.Restore(end.No, Open.DroppedItems);
            Cutter.Seek(end.Next);
        }

        Life.Restore(row, Cutter.Left == 0);
        Begin(now);
    }

    /// <summary>Takes up a stored chunk.</summary>
    public void Restore(ChunkRow chunk, long now)
    {
        if (Folded.Contains(chunk.Plan.No))
            return;
        // One that ended while the job was being read comes among the open ones and among the ended ones.
        Open.Add(chunk.Plan, chunk.SegmentBytes);
        if (chunk.Ended is { } ended)
            Fold(ended, now);
    }

    /// <summary>
    /// Cuts the next chunks off the source, as far as the window and the pace allow, but no more than <see cref="MostCutBytes"/> at once.
    /// </summary>
    public ImmutableArray<ChunkPlan> Cut(int slots, long now)
    {
        if (Phase != JobPhase.Reading || IsFed)
            return [];
        var window = Cutter.Window(slots);
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        for (var bytes = 0; Open.Count < window && !Open.IsFull && bytes + Cutter.SegmentLimit <= MostCutBytes;)
        {
            if (Cutter.Cut(Open.LastNo + 1, slots, now) is not { } chunk)
                break;
            Open.Add(chunk);
            chunks.Add(chunk);
            bytes += chunk.Segment.Length;
        }

        if (chunks.Count > 0)
            Life.Start(now);
        if (Cutter.Left == 0)
            Life.EndSource();
        return chunks.DrainToImmutable();
    }

    /// <summary>
    /// Cuts lines that have come in into chunks, as many as there is room for and the pace allows; how many items that were.
    /// </summary>
    public long Append(ReadOnlyMemory<byte> lines, long items, int slots, long now, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        var most = Cutter.Allowed(items, now);
        var taken = 0L;
        while (taken < most && Open.Count < MostOpenChunks && !Open.IsFull)
        {
            var chunk = Cutter.Cut(Open.LastNo + 1, most - taken, slots, ref lines);
            Open.Add(chunk);
            chunks.Add(chunk);
            taken += chunk.Items;
        }

        if (taken > 0)
            Life.Start(now);
        return taken;
    }

    /// <summary>
    /// Chunks without items that reduce parts of the aggregates which commands make, one at a time of each aggregate: neighbouring parts
    /// when they are many or large, all when every item is done. The job ends only when one part is left.
    /// </summary>
    public ImmutableArray<ChunkPlan> CutReductions()
    {
        if (!Spec.Plan.Reduces || Phase is not (JobPhase.Reading or JobPhase.Draining))
            return [];
        var areAllThere = Phase == JobPhase.Draining && Open.Count == Open.Reducing;
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        for (var (aggregate, bytes) = (0, 0); aggregate < Spec.Plan.Aggregates.Length && bytes < MostCutBytes; aggregate++)
        {
            if (Open.Reduces(aggregate) || FoldSoFar.Total.NextReduction(aggregate, areAllThere) is not { } segment)
                continue;
            // Its place is where the source has been cut to, for that is what a restart goes on from.
            var chunk = new ChunkPlan(Open.LastNo + 1, Cutter.NextFirst, 0, segment);
            Open.Add(chunk);
            chunks.Add(chunk);
            bytes += segment.Length;
        }

        return chunks.DrainToImmutable();
    }

    /// <summary>When the next item may be read; null when the pace holds nothing back.</summary>
    public long? NextDue(long now) => Phase != JobPhase.Reading || IsFed ? null : Cutter.NextDue(now);

    /// <summary>How many chunks may be with workers or wait for one; what is cut beyond that is stored and waits its turn.</summary>
    public int Window(int slots) => Cutter.Window(slots);

    /// <summary>Takes an ended chunk in, unless it has been.</summary>
    public void Fold(EndedChunk ended, long now)
    {
        if (IsOver || Open.Remove(ended.No) is not { } items)
            return;
        if (FoldSoFar.Add(ended, items, knowsItems: !IsFile, now) is not { } step)
            return;
        Cutter.Note(step.Evaluated, ended.Micros);
        if (step.Failure is { } failure)
            Life.Fail(failure);
        else if (Spec.MaxErrors is { } most && FoldSoFar.Total.Skipped > most)
            Life.Fail("too-many-errors");
        rate.Note(now, FoldSoFar.Processed);
    }

    /// <summary>No more items will come.</summary>
    public void Close() => Life.Close();

    /// <summary>Stops the job; false when it has ended.</summary>
    public bool Cancel(long now) => Life.Cancel(now);

    /// <summary>The source will give nothing more, too early.</summary>
    public void FailSource(string code, string message, int attempt, string node, long now)
    {
        FoldSoFar.Note(new JobFailure(0, null, code, message, null, attempt, node, now));
        Life.Fail(code);
    }

    /// <summary>Ends the job if nothing is open any more, or after its chunks were dropped; true when it has just ended.</summary>
    public bool End(bool areDropped, long now)
    {
        if (IsOver)
            return false;
        if (areDropped && IsStopping)
        {
            Open.Drop();
            Life.Stop(now);
        }
        else if (Phase == JobPhase.Draining && Open.Count == 0)
            Life.Finish(now);
        return IsOver;
    }

    /// <summary>What is to be stored of the job as it stands.</summary>
    /// <param name="withProgress">Whether the fold goes with it.</param>
    /// <param name="submission">Set when it is new.</param>
    public JobWrite ToWrite(bool withProgress, JobSubmission? submission = null)
    {
        ImmutableArray<ChunkRange> saved = withProgress && !IsOver ? [.. FoldSoFar.Unsaved.Ranges] : [];
        // A null in a conditional expression would become bytes that are there, none of them, and replace what is stored.
        ReadOnlyMemory<byte>? progress = null;
        if (withProgress)
        {
            FoldSoFar.Unsaved.Clear();
            progress = new JobProgress(Open.LastNo, Cutter.Place, Open.DroppedItems, Cutter.File, FoldSoFar).ToBytes();
        }

        return new JobWrite(
            Phase.ToState(), Life.StartedAt, Life.EndedAt, Life.CancelRequestedAt, IsClosed, Life.Reason, progress, submission, saved);
    }

    /// <summary>The job as it stands.</summary>
    public JobView View(ChunkCounts counts, long now) => JobViews.Of(this, counts, rate.Rate(now, FoldSoFar.Processed), now);
}
