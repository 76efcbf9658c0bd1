using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The rules of one job: cuts the source (<see cref="ChunkCutter"/>), tracks open chunks (<see cref="OpenChunks"/>),
/// folds ended ones (<see cref="JobFold"/>) and decides when the job ends (<see cref="JobLife"/>). Performs no I/O and
/// reads no clock. Times are Unix milliseconds; slot counts cover matching nodes and are 0 while unknown.
/// </summary>
/// <remarks>
/// <para>
/// Methods change memory before the caller (<see cref="JobRunner"/>, <see cref="SourceFeed"/>) commits. If a commit
/// fails, the job's grain discards this object. Folds stay in memory until the next save; after a restart they are
/// repeated from the stored chunks.
/// </para>
/// <para>
/// Order of calls for a new job: constructor, <see cref="Use(FileSet)"/> for files, <see cref="Begin"/>. For a stored
/// job: constructor, <c>Restore</c> of its row, then <c>Restore</c> of each stored chunk, unless the job has ended or
/// is only shown.
/// </para>
/// </remarks>
internal sealed class JobCore
{
    /// <summary>Approximate limit on the bytes of segments per <see cref="Cut"/>, which one commit stores.</summary>
    public const int MostCutBytes = 4 << 20;

    /// <summary>
    /// Limit on open chunks of a fed job (<see cref="IsFed"/>). For others, see <see cref="Window"/>.
    /// </summary>
    private const int MostOpenChunks = 16_384;

    /// <summary>By how many milliseconds the clock of a gateway may be ahead of this silo's.</summary>
    private const long ClockDifference = 60_000;
    private readonly RateMeter rate = new();

    public JobCore(TaskId id, JobSpec spec)
    {
        (Id, Spec) = (id, spec);
        Cutter = new ChunkCutter(spec);
        FoldSoFar = new JobFold(new Partial(spec.Plan));
    }

    public TaskId Id { get; }

    public JobSpec Spec { get; }

    public JobPhase Phase => Life.Phase;

    public bool IsStopping => Life.IsStopping;

    public bool IsOver => Life.IsOver;

    /// <summary>Whether the stream or the command's output was closed, so that no more items come.</summary>
    public bool IsClosed => Life.IsClosed;

    public bool IsFile => Cutter.IsFile;

    /// <summary>Whether clients post the items.</summary>
    public bool IsStream => Spec.Source.Kind == JobSourceKind.Stream;

    /// <summary>
    /// Whether items arrive over time, through <see cref="Append"/>; other sources are known in advance.
    /// </summary>
    public bool IsFed => Spec.Source.Kind is JobSourceKind.Stream or JobSourceKind.Command;

    /// <summary>Whether clients may still post items.</summary>
    public bool TakesItems => IsStream && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>Whether the output of the source command must still be read.</summary>
    public bool ReadsCommand => Spec.Source.Kind == JobSourceKind.Command && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>Lowest number of an open chunk; null if none is open.</summary>
    public long? FirstOpen => Open.First;

    public long OpenBytes => Open.Bytes;

    /// <summary>Numbers of the folded chunks, including failed ones.</summary>
    public NumberSet Folded => FoldSoFar.Folded;

    /// <summary>Number of folded chunks that the stored progress does not include.</summary>
    public long Unsaved => FoldSoFar.Unsaved.Count;

    /// <summary>Number of items in the aggregates, without skipped ones.</summary>
    public long ItemsDone => FoldSoFar.Total.Items;

    /// <summary>How much of the source is cut: bytes of a file, otherwise items.</summary>
    public long ItemsRead => Cutter.Place;

    internal JobLife Life { get; } = new();

    internal ChunkCutter Cutter { get; }

    internal OpenChunks Open { get; } = new();

    internal JobFold FoldSoFar { get; private set; }

    /// <summary>What the job has of each upload; empty unless <see cref="IsStream"/>.</summary>
    internal UploadLog Uploads { get; private set; } = new();

    /// <summary>Describes the job for logs and test failures.</summary>
    public override string ToString() =>
        $"{Phase}, chunk {Open.LastNo}, open from {FirstOpen}, {Folded.Count} folded, {(IsClosed ? "closed" : "not closed")}";

    /// <summary>Sets the file of a new job, before the first cut. A stored job has its file in its stored progress.</summary>
    public void Use(FilePart file) => Use(FileSet.Of(file));

    /// <inheritdoc cref="Use(FilePart)"/>
    public void Use(FileSet files) => Cutter.Files = files;

    /// <summary>Starts a new job's pace before the first cut.</summary>
    public void Begin(long now) => Cutter.Begin(now);

    /// <summary>Shifts pace and rate by a jump of the wall clock, in milliseconds.</summary>
    public void ClockStepped(long by)
    {
        Cutter.ClockStepped(by);
        rate.ClockStepped(by);
    }

    /// <summary>
    /// Restores the job from its row, including the whole progress, and starts its pace. <paramref name="last"/> is the
    /// last stored chunk: if it was cut after the last save, cutting continues at its end. Throws
    /// <see cref="FormatException"/> if the progress is unreadable.
    /// </summary>
    public void Restore(JobRow row, ChunkEnd? last, long now)
    {
        if (!row.Progress.IsEmpty)
        {
            var progress = JobProgress.Read(row.Progress.Span, Spec.Plan, IsFile);
            Open.Restore(progress.LastNo, progress.DroppedItems);
            Cutter.SeekPlace(progress.Place);
            if (IsFile)
                Cutter.Files = progress.Files;
            FoldSoFar = progress.Fold;
            RestoreUploads(progress, now);
        }

        if (last is { } end && end.No > Open.LastNo)
        {
            Open.Restore(end.No, Open.DroppedItems);
            Cutter.Seek(end.Next);
        }

        // Both calls depend on the place restored above.
        Life.Restore(row, Cutter.Left == 0);
        Begin(now);
    }

    /// <summary>Restores a stored chunk, after the job's row. Folds an ended chunk, which may fail the job.</summary>
    public void Restore(ChunkRow chunk, long now)
    {
        if (Folded.Contains(chunk.Plan.No))
            return;
        if (chunk.Plan.Upload is { } mark)
            Uploads.Note(mark);
        else if (IsStream && chunk.Plan.Items > 0)
            ForgetUploads(now);
        // The dispatcher ends chunks while the job loads, so a chunk may come twice: open, then ended.
        Open.Add(chunk.Plan, chunk.SegmentBytes);
        if (chunk.Ended is { } ended)
            Fold(ended, now);
    }

    /// <summary>
    /// Cuts chunks of a known source, limited by the window, the pace, the bytes of open chunks
    /// (<see cref="OpenChunks.IsFull"/>) and <see cref="MostCutBytes"/>. At the source's end the job drains.
    /// </summary>
    public ImmutableArray<ChunkPlan> Cut(int slots, long now)
    {
        if (Phase != JobPhase.Reading || IsFed)
            return [];
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        for (var bytes = 0; !IsFull(slots) && bytes + Cutter.SegmentLimit <= MostCutBytes;)
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
    /// Cuts arrived lines into chunks, limited by the number and bytes of open chunks and the pace. Returns how many
    /// items were taken, counted from the first; the caller offers the rest later. The job must be fed, Reading and not
    /// closed. <paramref name="before"/> is the mark of the items' upload before them; null for a command's output.
    /// </summary>
    public long Append(
        ReadOnlyMemory<byte> lines, long items, int slots, long now, ImmutableArray<ChunkPlan>.Builder chunks,
        UploadMark? before = null)
    {
        var most = Cutter.Allowed(items, now);
        var taken = 0L;
        while (taken < most && Open.Count < MostOpenChunks && !Open.IsFull)
        {
            var chunk = Cutter.Cut(Open.LastNo + 1, most - taken, slots, ref lines);
            Open.Add(chunk);
            taken += chunk.Items;
            chunks.Add(before is null ? chunk : chunk with { Upload = before with { Items = before.Items + taken } });
        }

        if (taken > 0)
            Life.Start(now);
        return taken;
    }

    /// <summary>
    /// Cuts reductions: chunks without items, in which a command combines parts of one aggregate (two parts, or more up
    /// to 4 MiB). While items remain, only adjacent parts are combined, and only if there are many of them or they are
    /// large; afterwards all parts are. Each aggregate has at most one open reduction.
    /// </summary>
    public ImmutableArray<ChunkPlan> CutReductions()
    {
        if (!Spec.Plan.Reduces || Phase is not (JobPhase.Reading or JobPhase.Draining))
            return [];
        var isEveryItemDone = Phase == JobPhase.Draining && Open.Count == Open.Reducing;
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        for (var (aggregate, bytes) = (0, 0); aggregate < Spec.Plan.Aggregates.Length && bytes < MostCutBytes; aggregate++)
        {
            if (Open.Reduces(aggregate) || FoldSoFar.Total.NextReduction(aggregate, isEveryItemDone) is not { } segment)
                continue;
            // The chunk records the current cutting position, because a restart continues from the last chunk's
            // position.
            var chunk = new ChunkPlan(Open.LastNo + 1, Cutter.NextFirst, 0, segment);
            Open.Add(chunk);
            chunks.Add(chunk);
            bytes += segment.Length;
        }

        return chunks.DrainToImmutable();
    }

    /// <summary>
    /// Returns when the pace allows the next <see cref="Cut"/>, at least 10 ms from now, or null. Also null while the
    /// maximum number of chunks is open: the job can cut again only when one ends.
    /// </summary>
    public long? NextDue(int slots, long now) =>
        Phase != JobPhase.Reading || IsFed || IsFull(slots) ? null : Cutter.NextDue(now);

    /// <summary>Returns how many chunks the dispatcher runs or queues at a time; it only stores further ones.</summary>
    public int Window(int slots) => Cutter.Window(slots);

    private bool IsFull(int slots) => Open.Count >= Cutter.Window(slots) || Open.IsFull;

    /// <summary>
    /// Folds an ended chunk. A failed chunk, or too many skipped items, fails the job. Ignores chunks that are not
    /// open, so a chunk may come twice.
    /// </summary>
    public void Fold(EndedChunk ended, long now)
    {
        if (IsOver || Open.Remove(ended.No) is not { } span)
            return;
        if (FoldSoFar.Add(ended, span, knowsItems: !IsFile, now) is not { } step)
            return;
        Cutter.Note(step.Evaluated, ended.Micros);
        if (step.Failure is { } failure)
            Life.Fail(failure);
        else if (Spec.MaxErrors is { } most && FoldSoFar.Total.Skipped > most)
            Life.Fail("too-many-errors");
        rate.Note(now, FoldSoFar.Processed);
    }

    /// <summary>Closes a fed source: the job drains.</summary>
    public void Close() => Life.Close();

    /// <summary>Starts to cancel the job; returns false if it has ended.</summary>
    public bool Cancel(long now) => Life.Cancel(now);

    /// <summary>
    /// Fails a job that has not ended, for a reason other than an item. A cancelled job stays cancelled.
    /// </summary>
    public void Fail(string code, string message, long now) => FailSource(code, message, attempt: 0, node: "", now);

    /// <summary>
    /// Fails the job, which must not have ended, because of its source. Lists the failure under chunk 0, a number that
    /// no chunk has. The attempt is the source task's, or 0 before its first.
    /// </summary>
    public void FailSource(string code, string message, int attempt, string node, long now)
    {
        FoldSoFar.Note(new JobFailure(0, null, code, message, null, attempt, node, now));
        Life.Fail(code);
    }

    /// <summary>
    /// Ends the job if it is drained and reduced, or if it is stopping and <paramref name="areDropped"/>: a commit has
    /// dropped its open chunks, and all chunks that ended before that commit are folded. Returns whether this call
    /// ended the job.
    /// </summary>
    public bool End(bool areDropped, long now)
    {
        if (IsOver)
            return false;
        if (areDropped && IsStopping)
        {
            FoldSoFar.Record.NoteDropped(Open.Drop());
            Life.Stop(now);
        }
        else if (IsFinishing)
            Life.Finish(now);
        return IsOver;
    }

    /// <summary>Whether every item is done and combined; then <see cref="End"/> ends the job as succeeded.</summary>
    public bool IsFinishing => !IsOver && Phase == JobPhase.Draining && Open.Count == 0 && IsReduced;

    /// <summary>Whether no aggregate has parts left to combine. Valid only when every item is done.</summary>
    private bool IsReduced
    {
        get
        {
            for (var aggregate = 0; Spec.Plan.Reduces && aggregate < Spec.Plan.Aggregates.Length; aggregate++)
            {
                if (FoldSoFar.Total.NextReduction(aggregate, areAllThere: true) is not null)
                    return false;
            }

            return true;
        }
    }

    /// <summary>
    /// Returns the write that stores the job. With progress, folded chunks count as saved from then on, so the caller
    /// must commit the write or discard the job. Progress is required for a new job that reads a file and for an ended
    /// job; for others, the stored progress and chunks suffice for a restart.
    /// </summary>
    public JobWrite ToWrite(bool withProgress, JobSubmission? submission = null)
    {
        // The commit deletes the rows of these chunks, now in the progress; the job's last commit deletes all rows.
        ImmutableArray<ChunkRange> saved = withProgress && !IsOver ? [.. FoldSoFar.Unsaved.Ranges] : [];
        Blob? progress = null;
        if (withProgress)
        {
            FoldSoFar.Unsaved.Clear();
            progress = new JobProgress(
                Open.LastNo, Cutter.Place, Open.DroppedItems, Cutter.Files, FoldSoFar, IsStream ? Uploads : null)
                .ToBytes();
        }

        Life.Stored();
        return new JobWrite(
            Phase.ToState(), Life.StartedAt, Life.EndedAt, Life.CancelRequestedAt, IsClosed, Life.Reason, progress, submission, saved);
    }

    /// <summary>Returns the view; pass default counts for a job that has ended or is shown from the store.</summary>
    public JobView View(ChunkCounts counts, long now) => JobViews.Of(this, counts, rate.Rate(now, FoldSoFar.Processed), now);

    private void RestoreUploads(JobProgress progress, long now)
    {
        if (progress.Uploads is { } uploads)
            Uploads = uploads;
        else if (IsStream && progress.Place > 0)
            ForgetUploads(now);
    }

    /// <summary>Notes that a program that stores no marks has taken items of uploads that nobody can name.</summary>
    private void ForgetUploads(long now) => Uploads.Forget(new TaskId((ulong)(now + ClockDifference) << 16, 0));
}
