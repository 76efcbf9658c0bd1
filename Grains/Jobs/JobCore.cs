using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The rules of one job. Cuts the source into chunks (<see cref="ChunkCutter"/>), tracks the open chunks
/// (<see cref="OpenChunks"/>), folds the results of ended chunks into the aggregates (<see cref="JobFold"/>), and
/// decides when the job ends (<see cref="JobLife"/>). Performs no I/O and reads no clock. Times are Unix milliseconds.
/// The pace is the limit of items per second that a spec may set. Slots are those on nodes that match the job; 0 while
/// their number is not known.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="JobRunner"/> and its <see cref="SourceFeed"/> call it, one call at a time, and commit new chunks and
/// changes of state. Folds are kept in memory until the next save; after a restart they are repeated from the stored
/// chunks. Methods change this object before the commit, so when a commit fails, the job's grain discards the object.
/// </para>
/// <para>
/// A job is Reading until its whole source is cut or closed, then Draining until every chunk has ended and every
/// aggregate is reduced, then Succeeded. A cancel or a failure makes it Cancelling or Failing (stopping), whichever
/// comes first, until <see cref="End"/> makes it Cancelled or Failed.
/// </para>
/// <para>
/// A new job: the constructor, <see cref="Use"/> if the job reads a file, <see cref="Begin"/>. A stored job: the
/// constructor, <c>Restore</c> of its row, then <c>Restore</c> of each stored chunk, unless the job has ended or is
/// loaded only to be shown.
/// </para>
/// </remarks>
internal sealed class JobCore
{
    /// <summary>About the most bytes of segments that one <see cref="Cut"/> cuts. One commit stores them all.</summary>
    public const int MostCutBytes = 4 << 20;

    /// <summary>
    /// The most open chunks of a job that is fed (<see cref="IsFed"/>). <see cref="Window"/> limits those of any other
    /// job.
    /// </summary>
    private const int MostOpenChunks = 16_384;
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

    /// <summary>Whether the job was cancelled or has failed, and has not ended yet.</summary>
    public bool IsStopping => Life.IsStopping;

    public bool IsOver => Life.IsOver;

    /// <summary>Whether the job's stream or command output was closed, so that no more items come.</summary>
    public bool IsClosed => Life.IsClosed;

    /// <summary>Whether the job reads a file.</summary>
    public bool IsFile => Cutter.IsFile;

    /// <summary>Whether clients post the job's items.</summary>
    public bool IsStream => Spec.Source.Kind == JobSourceKind.Stream;

    /// <summary>
    /// Whether items arrive over time (<see cref="Append"/>); else <see cref="Cut"/> cuts a known source.
    /// </summary>
    public bool IsFed => Spec.Source.Kind is JobSourceKind.Stream or JobSourceKind.Command;

    /// <summary>Whether clients may still post items.</summary>
    public bool TakesItems => IsStream && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>Whether the output of the job's source command must still be read.</summary>
    public bool ReadsCommand => Spec.Source.Kind == JobSourceKind.Command && !IsClosed && Phase == JobPhase.Reading;

    /// <summary>The smallest number of an open chunk; null when no chunk is open.</summary>
    public long? FirstOpen => Open.First;

    /// <inheritdoc cref="OpenChunks.Bytes"/>
    public long OpenBytes => Open.Bytes;

    /// <summary>The numbers of the chunks that were folded, including chunks that failed.</summary>
    public NumberSet Folded => FoldSoFar.Folded;

    /// <summary>The number of folded chunks that the stored progress does not include.</summary>
    public long Unsaved => FoldSoFar.Unsaved.Count;

    /// <summary>The number of items that the aggregates include; skipped items are not among them.</summary>
    public long ItemsDone => FoldSoFar.Total.Items;

    /// <summary>How much of the source has been cut into chunks: bytes of a file, items of any other source.</summary>
    public long ItemsRead => Cutter.Place;

    internal JobLife Life { get; } = new();

    internal ChunkCutter Cutter { get; }

    internal OpenChunks Open { get; } = new();

    /// <summary>The combined results of the chunks that have ended, and which chunks those are.</summary>
    internal JobFold FoldSoFar { get; private set; }

    /// <summary>A summary of the job's progress, for logs and test failures.</summary>
    public override string ToString() =>
        $"{Phase}, chunk {Open.LastNo}, open from {FirstOpen}, {Folded.Count} folded, {(IsClosed ? "closed" : "not closed")}";

    /// <summary>
    /// Sets the file that a new job reads, before the first cut. A stored job has it in its progress.
    /// </summary>
    public void Use(FilePart file) => Cutter.File = file;

    /// <summary>Starts the pace of a new job, before the first cut.</summary>
    public void Begin(long now) => Cutter.Begin(now);

    /// <summary>
    /// Shifts the times of the pace and the rate, after the wall clock was set by so many milliseconds.
    /// </summary>
    public void ClockStepped(long by)
    {
        Cutter.ClockStepped(by);
        rate.ClockStepped(by);
    }

    /// <summary>
    /// Restores the job from its row, and starts its pace. The caller then restores each stored chunk.
    /// </summary>
    /// <param name="row">The job's row with its whole progress.</param>
    /// <param name="last">
    /// The number of the last stored chunk and the place where it ends. If that chunk was cut after the last save of
    /// the progress, cutting goes on after it. Null if no chunk is stored, or if the job is loaded only to be shown.
    /// </param>
    /// <param name="now">The current time.</param>
    /// <exception cref="FormatException">The stored progress cannot be read.</exception>
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

        // Both use the place in the source, which was set above.
        Life.Restore(row, Cutter.Left == 0);
        Begin(now);
    }

    /// <summary>
    /// Restores a stored chunk, after the job's row: an open one as open; an ended one is folded, which may fail the
    /// job. Does nothing when the chunk was folded before.
    /// </summary>
    public void Restore(ChunkRow chunk, long now)
    {
        if (Folded.Contains(chunk.Plan.No))
            return;
        // The dispatcher goes on ending chunks while the job is loaded, so a chunk may come twice: as open, then as
        // ended. Adding a chunk that is open has no effect.
        Open.Add(chunk.Plan, chunk.SegmentBytes);
        if (chunk.Ended is { } ended)
            Fold(ended, now);
    }

    /// <summary>
    /// Cuts the next chunks from the source, until the window, the pace, the limit of bytes of open chunks
    /// (<see cref="OpenChunks.IsFull"/>) or <see cref="MostCutBytes"/> is reached. The job drains once the whole source
    /// has been cut. Returns none if the job is fed, or is not in phase Reading.
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
    /// Cuts lines that have arrived into chunks, until the limit of open chunks, of their bytes
    /// (<see cref="OpenChunks.IsFull"/>) or the pace is reached. Returns the number of items that were cut, from the
    /// first on; the caller offers the others again later. Only for a job that is fed, is in phase
    /// <see cref="JobPhase.Reading"/> and is not closed, which the caller checks.
    /// </summary>
    /// <param name="lines">The lines, one item each, each ended by a line feed.</param>
    /// <param name="items">The number of lines.</param>
    /// <param name="slots">The number of slots on nodes that match the job; 0 when not known.</param>
    /// <param name="now">The current time.</param>
    /// <param name="chunks">The builder to which the new chunks are added.</param>
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
    /// Cuts reductions. When a command computes an aggregate, each chunk's result of it is a part; a reduction is a
    /// chunk without items in which the command combines two or more parts into one, more than two only up to 4 MiB
    /// together. While items remain, only neighbouring parts are combined, and only if they are many or large; after
    /// the last item, all parts are. Each aggregate has at most one open reduction.
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
            // The chunk states the position to which the source has been cut, because a restart continues from the last
            // chunk's position.
            var chunk = new ChunkPlan(Open.LastNo + 1, Cutter.NextFirst, 0, segment);
            Open.Add(chunk);
            chunks.Add(chunk);
            bytes += segment.Length;
        }

        return chunks.DrainToImmutable();
    }

    /// <summary>
    /// Returns the time at which the pace allows the next <see cref="Cut"/>, at least 10 ms from now; null without a
    /// pace, when items arrive over time, and when nothing is left to cut.
    /// </summary>
    public long? NextDue(long now) => Phase != JobPhase.Reading || IsFed ? null : Cutter.NextDue(now);

    /// <summary>
    /// Returns how many chunks the dispatcher runs or queues at a time. The dispatcher stores further chunks and starts
    /// them as earlier chunks end. <see cref="Cut"/> also keeps to this number; <see cref="Append"/> does not.
    /// </summary>
    public int Window(int slots) => Cutter.Window(slots);

    /// <summary>
    /// Folds an ended chunk. Fails the job when the chunk failed or too many items were skipped, unless the job is
    /// stopping already. Ignores a chunk that is not open, so a chunk may come twice.
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

    /// <summary>Closes the source of a job that is fed: no more items come, and the job drains.</summary>
    public void Close() => Life.Close();

    /// <summary>
    /// Cancels the job: it stops, until <see cref="End"/> ends it. Returns false when the job has ended; true when it
    /// stops now, or was stopping already.
    /// </summary>
    public bool Cancel(long now) => Life.Cancel(now);

    /// <summary>
    /// Fails the job for a reason that concerns none of its items. The job must not have ended. A job that is being
    /// cancelled stays so.
    /// </summary>
    public void Fail(string code, string message, long now) => FailSource(code, message, attempt: 0, node: "", now);

    /// <summary>
    /// Fails the job because its source has failed before its end. The failure is listed under chunk 0, which no chunk
    /// has. The job must not have ended.
    /// </summary>
    /// <param name="code">The stable code of the failure.</param>
    /// <param name="message">What happened, for people.</param>
    /// <param name="attempt">The attempt of the source's task; 0 when none has begun.</param>
    /// <param name="node">The node of that attempt; empty when not known.</param>
    /// <param name="now">The current time.</param>
    public void FailSource(string code, string message, int attempt, string node, long now)
    {
        FoldSoFar.Note(new JobFailure(0, null, code, message, null, attempt, node, now));
        Life.Fail(code);
    }

    /// <summary>
    /// Ends the job when it is draining, no chunk is open and every aggregate is reduced, or when it is stopping and
    /// its open chunks are dropped. Returns true when this call ended the job.
    /// </summary>
    /// <param name="areDropped">
    /// Whether the dispatcher has dropped the open chunks in a commit, and every chunk that had ended before that
    /// commit is folded. A job that is stopping ends only then.
    /// </param>
    /// <param name="now">The current time.</param>
    public bool End(bool areDropped, long now)
    {
        if (IsOver)
            return false;
        if (areDropped && IsStopping)
        {
            FoldSoFar.Record.NoteDropped(Open.Drop());
            Life.Stop(now);
        }
        else if (Phase == JobPhase.Draining && Open.Count == 0 && IsReduced)
            Life.Finish(now);
        return IsOver;
    }

    /// <summary>
    /// Whether no aggregate has parts left that a reduction would combine. Asked when every item is done.
    /// </summary>
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
    /// Returns the write that stores the current state of the job. With progress, the folded chunks count as saved from
    /// then on, so the caller must commit the write or discard the job.
    /// </summary>
    /// <param name="withProgress">
    /// Whether to include the progress: the position in the source and the fold. Needed for a new job that reads a
    /// file, and for a job that has ended; at other times the stored progress and the stored chunks suffice to restore
    /// the job.
    /// </param>
    /// <param name="submission">The submission of a new job; null when the job is stored already.</param>
    public JobWrite ToWrite(bool withProgress, JobSubmission? submission = null)
    {
        // The commit deletes the stored rows of these chunks, because the progress includes them from now on. The
        // commit that ends the job deletes the rows of all of its chunks anyway.
        ImmutableArray<ChunkRange> saved = withProgress && !IsOver ? [.. FoldSoFar.Unsaved.Ranges] : [];
        Blob? progress = null;
        if (withProgress)
        {
            FoldSoFar.Unsaved.Clear();
            progress = new JobProgress(Open.LastNo, Cutter.Place, Open.DroppedItems, Cutter.File, FoldSoFar).ToBytes();
        }

        Life.Stored();
        return new JobWrite(
            Phase.ToState(), Life.StartedAt, Life.EndedAt, Life.CancelRequestedAt, IsClosed, Life.Reason, progress, submission, saved);
    }

    /// <summary>Returns the view of the job that callers see.</summary>
    /// <param name="counts">
    /// The dispatcher's count of open chunks; default for a job that has ended or is shown from the store.
    /// </param>
    /// <param name="now">The current time.</param>
    public JobView View(ChunkCounts counts, long now) => JobViews.Of(this, counts, rate.Rate(now, FoldSoFar.Processed), now);
}
