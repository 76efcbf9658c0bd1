using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Runs one job for its grain (<see cref="JobGrain"/>), in rounds.
/// <see cref="JobCore"/> decides what the job does; the runner does the I/O around it: it reads the job from the store,
/// has the dispatcher of the job's queue commit each decision, and only then answers the callers.
/// </summary>
/// <remarks>
/// The order within a round: (1) read the job, unless it is in memory; (2) create it, if asked, which ends the round;
/// (3) fold the chunks that have ended; (4) cancel or close, if asked, which ends the round; (5) store posted blocks;
/// (6) read the source command; (7) cut chunks, save the progress, or end the job; (8) show the job to callers.
/// A cancel or a close thus overtakes posted blocks that wait.
/// <para>
/// The grain calls one round after the other. A decision changes memory before it is stored.
/// When a round throws, memory may therefore differ from the store:
/// the grain must discard the runner, and its next activation reads the job from the store.
/// </para>
/// </remarks>
/// <param name="id">The job's id.</param>
/// <param name="store">The stored jobs.</param>
/// <param name="grains">Finds the other grains.</param>
/// <param name="findFile">Finds the file that the job's spec names; see <see cref="ISourceFiles.Find"/>.</param>
/// <param name="steady">The clock. Steady milliseconds are its time, which nobody can set.</param>
/// <param name="ended">Called after the commit that ends the job; not for a job that was read as ended.</param>
/// <param name="isDiskLow">
/// Returns whether the disk is nearly full. The rest of the disk is kept for results,
/// so the job then takes no items and cuts no chunks. It goes on when there is room again.
/// </param>
/// <param name="options">The bounds of jobs.</param>
internal sealed class JobRunner(
    TaskId id, IJobStore store, IGrainFactory grains, Func<string, SourceFile> findFile, SteadyClock steady, Action<JobCore> ended,
    Func<bool> isDiskLow, JobOptions options)
{
    /// <summary>
    /// How long the runner trusts silence, in milliseconds.
    /// After this time without a hint, it reads the ended chunks from the store.
    /// </summary>
    private const long SilenceLimit = 1_000;

    /// <summary>How long a paused job waits before it looks at the disk again, in milliseconds.</summary>
    private const long DiskLook = 1_000;
    private readonly StoredJob stored = new(store, id);
    private readonly SourceFeed feed = new(id, grains.GetGrain<ITaskReaderGrain>("reader"), steady);
    private readonly SavePace saves = new();
    private readonly PostedBlocks posted = new(isDiskLow);
    private readonly CollectQuota quota = new(store, id, options.CollectQuota, steady);
    private readonly JobClock clock = new(steady);

    /// <summary>This activation's ownership of the job; not null whenever <see cref="Job"/> is not null.</summary>
    private JobOwner? owner;

    /// <summary>Whether <see cref="Job"/> is what the store has; if not, the next round reads the store.</summary>
    private bool isLoaded;

    /// <summary>Whether this activation has stored that the job is stopping.</summary>
    private bool isStopStored;

    /// <summary>Whether the job cuts nothing because the disk was nearly full in the latest round.</summary>
    private bool isPaused;

    /// <summary>When the wait for the next hint began, in steady milliseconds.</summary>
    private long waitingSince;

    /// <summary>The job in memory; null before it was read from the store, and when it does not exist.</summary>
    public JobCore? Job { get; private set; }

    /// <summary>
    /// Returns how long the grain may wait for a call before it must start the next round.
    /// Null when only a call can make a round due, as for a job that has ended.
    /// </summary>
    public TimeSpan? NextWait()
    {
        if (Job is not { IsOver: false } job)
            return null;
        var now = Now();
        // The waits for a hint, for the disk or the pace, and for the source command.
        return JobAlarm.Until(
            job.FirstOpen is null ? null : waitingSince + SilenceLimit - steady.Now,
            isPaused ? DiskLook : job.NextDue(now) - now,
            job.ReadsCommand && !isPaused ? feed.DueAt - steady.Now : null);
    }

    /// <summary>
    /// Performs one round, as the remarks of the type describe. Returns true when another round should follow at once.
    /// After false the grain waits for a call, but no longer than <see cref="NextWait"/> says. When the method throws,
    /// it has failed the callers that it took from the inbox; the grain fails those that are left.
    /// </summary>
    public async Task<bool> Round(JobInbox inbox)
    {
        if (!isLoaded)
            await Load();
        // The creation comes first, so that callers who wait beside it are not told that the job does not exist.
        if (inbox.Creation is { } creation)
        {
            await Create(creation);
            inbox.EndCreation();
            return true;
        }

        if (Job is not { } job)
        {
            inbox.AnswerNoJob();
            return false;
        }

        await Fold(job, inbox.Ended);
        if (!inbox.Cancels.IsEmpty)
        {
            var origin = inbox.CancelOrigin;
            await inbox.Cancels.Serve(() => Cancel(job, origin), ToCanceller);
            return true;
        }

        if (!inbox.Closes.IsEmpty)
        {
            await inbox.Closes.Serve(() => Close(job));
            return true;
        }

        var hasWorked = inbox.HasBlocks;
        if (hasWorked)
            await Append(job, inbox.TakeBlocks());
        // A job that has ended or is stopping cuts nothing anyway, and must not wait for the disk.
        isPaused = !job.IsOver && !job.IsStopping && isDiskLow();
        if (!isPaused)
            hasWorked |= await feed.Feed(job, owner!, Now);
        hasWorked |= await Advance(job);
        if (inbox.Gets.IsEmpty && inbox.Looks.IsEmpty)
            return hasWorked;
        var showing = new JobShowing(owner!, steady);
        if (!inbox.Gets.IsEmpty)
            await inbox.Gets.Serve(async () => await showing.View(job, Now));
        await inbox.Looks.Serve(async look => await showing.Inspect(job, look, isPaused, Now));
        return true;
    }

    /// <summary>
    /// Reads the job from the store. Leaves <see cref="Job"/> null when the job does not exist.
    /// Opens an unfinished job at its dispatcher first, so that no earlier activation changes what this one reads.
    /// </summary>
    private async Task Load()
    {
        if (await stored.Get() is { } row)
        {
            var spec = JobSpecReader.ReadStored(row.Spec.Span);
            owner = JobOwner.Of(spec, id, store, grains, steady);
            var job = new JobCore(id, spec);
            if (row.State.IsFinal())
                job.Restore(await stored.WithProgress(row), null, Now());
            else
            {
                await owner.Open();
                waitingSince = steady.Now;
                // Read again: until the job was opened, an earlier activation may have changed or ended the job.
                row = await stored.WithProgress(await stored.Get() ?? row);
                await stored.Restore(job, row, () => clock.Read(job));
                if (job.IsFile && row.Progress.IsEmpty)
                    await FindFile(job);
            }

            Job = job;
        }

        isLoaded = true;
    }

    /// <summary>
    /// Looks up the file of a job that a schedule has started; one that a user creates is stored with its file. The
    /// file is stored before the first chunk is cut, so that the job reads one file also after a restart.
    /// </summary>
    private async Task FindFile(JobCore job)
    {
        var found = findFile(job.Spec.Source.Path);
        if (found.Part is { } part)
        {
            job.Use(part);
            await owner!.Persist(job, job.ToWrite(withProgress: true), []);
        }
        else
        {
            // Stored progress of such a job names a file.
            job.Use(new FilePart(job.Spec.Source.Path, Size: 0, Modified: 0));
            job.FailSource(
                "source-failed", $"The file {job.Spec.Source.Path} {found.Refusal}.", attempt: 0, node: "", Now());
        }
    }

    /// <summary>Creates the job and answers the callers. A repeat of the creation changes nothing.</summary>
    private async Task Create(JobCreation asked)
    {
        try
        {
            asked.Reply.TrySetResult(Job is null ? await Create(asked.Spec, asked.Idempotency) : owner!.ReplyToRepeat());
        }
        catch (Exception exception)
        {
            asked.Reply.TrySetException(JobFaults.ToCaller(exception));
            throw;
        }
    }

    /// <summary>Has the dispatcher store the new job with its first chunks, and then sets <see cref="Job"/>.</summary>
    private async Task<JobReply> Create(ReadOnlyMemory<byte> text, IdempotencyEntry? idempotency)
    {
        var spec = JobSpecReader.ReadStored(text.Span);
        var job = new JobCore(id, spec);
        if (job.IsFile)
        {
            var found = findFile(spec.Source.Path);
            if (found.Part is not { } part)
                return new JobReply(JobOutcome.SourceRefused, 0, 0, Encoding.UTF8.GetBytes(found.Refusal ?? ""));
            job.Use(part);
        }

        owner = JobOwner.Of(spec, id, store, grains, steady);
        // One time for both: the pace must allow the same first chunks when a creation is repeated.
        var now = Now();
        job.Begin(now);
        var chunks = job.Cut(owner.Slots, now);
        var write = job.ToWrite(withProgress: job.IsFile, new JobSubmission(spec.Name, spec.Labels, text, JobHead.Of(spec).ToBytes()));
        var reply = await owner.Create(job, write, chunks, idempotency);
        waitingSince = steady.Now;
        // If the dispatcher knows or refuses the job, an earlier call may have stored it with other first chunks and
        // another start. The next round then reads the store.
        isLoaded = reply.Outcome == JobOutcome.Done;
        Job = isLoaded ? job : null;
        return reply.Outcome == JobOutcome.Known ? reply with { Outcome = JobOutcome.Done } : reply;
    }

    /// <summary>
    /// Folds the chunks that the dispatcher's hints bring. When no hint has come for a second,
    /// or the inbox has dropped hints, the method also folds the ended chunks that it reads from the store.
    /// Only such a read makes up for a hint that was lost on its way.
    /// So while other hints keep coming, a chunk whose hint was lost waits until they pause.
    /// </summary>
    private async Task Fold(JobCore job, EndedInbox hints)
    {
        var isSilent = job.FirstOpen is not null && hints.IsEmpty && steady.Now - waitingSince >= SilenceLimit;
        if (isSilent || !hints.IsEmpty)
            waitingSince = steady.Now;
        if (isSilent || hints.TakeDropped())
            await FoldStored(job);
        while (hints.TryTake(out var chunk))
            job.Fold(chunk, Now());
    }

    private Task FoldStored(JobCore job) => job.FirstOpen is { } first ? stored.Fold(job, first, Now) : Task.CompletedTask;

    /// <summary>
    /// Takes the job one step further: stops a job that was cancelled, has failed or has collected too many results,
    /// ends a job whose chunks are all done, or cuts new chunks and saves the progress if that is due.
    /// Returns false when nothing was due.
    /// </summary>
    private async Task<bool> Advance(JobCore job)
    {
        if (job.IsOver)
            return false;
        if (job.IsStopping)
        {
            await Stop(job);
            return true;
        }

        if (await quota.Fault(job) is { } fault)
        {
            job.Fail("results-too-large", fault, Now());
            await Stop(job);
            return true;
        }

        var chunks = isPaused ? [] : job.Cut(owner!.Slots, Now()).AddRange(job.CutReductions());
        if (job.End(areDropped: false, Now()))
        {
            await Persist(job, job.ToWrite(withProgress: true), []);
            ended(job);
            return true;
        }

        var isSaved = saves.IsDue(job.Unsaved, steady.Now);
        if (chunks.IsEmpty && !isSaved)
            return false;
        var began = steady.Now;
        await Persist(job, isSaved ? job.ToWrite(withProgress: true) : null, chunks);
        if (isSaved)
            saves.Note(began, steady.Now);
        return true;
    }

    /// <summary>
    /// Ends a job that was cancelled or has failed, in two commits.
    /// The first stores that the job is stopping and drops its open chunks at the dispatcher.
    /// Chunks that had ended before are then folded, and the second commit ends the job.
    /// When an activation fails between the two, the next activation finds a stopping job and does all of it again.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="origin">Who asked for it; null when nobody did, or is to be recorded.</param>
    private async Task Stop(JobCore job, Origin? origin = null)
    {
        // An activation that was replaced throws here, before it cancels the source command of a job that goes on.
        await owner!.Persist(job, job.ToWrite(withProgress: false), [], stopsChunks: true, origin);
        isStopStored = true;
        if (job.Spec.Source.Kind == JobSourceKind.Command)
            await owner.CancelSource();
        await FoldStored(job);
        job.End(areDropped: true, Now());
        await owner.Persist(job, job.ToWrite(withProgress: true), [], stopsChunks: true);
        ended(job);
    }

    /// <summary>
    /// Makes the exception for a caller whose cancel has failed. Once the first commit of <see cref="Stop"/> is stored,
    /// the caller must not conclude that nothing was changed.
    /// </summary>
    private Exception ToCanceller(Exception cause) => isStopStored && cause is StoreUnavailableException
        ? new OutcomeUnknownException("The job is stopping, and its end could not be stored.", cause)
        : JobFaults.ToCaller(cause);

    /// <summary>
    /// Cancels the job and ends it before it returns. Returns false when the job had ended before.
    /// True does not mean that the job ends as cancelled: a job that was failing ends as failed.
    /// </summary>
    private async Task<bool> Cancel(JobCore job, Origin? origin)
    {
        // A repeated cancel changes nothing that its caller asked for.
        var isFirst = job.Life.CancelRequestedAt == 0;
        var isOpen = job.Cancel(Now());
        if (isOpen)
            await Stop(job, isFirst ? origin : null);
        return isOpen;
    }

    /// <summary>Closes the job's stream. A stream that takes no more items anyway is left as it is.</summary>
    private async Task<CloseOutcome> Close(JobCore job)
    {
        var outcome = !job.IsStream ? CloseOutcome.NotAStream
            : job.IsOver && !job.IsClosed ? CloseOutcome.Finished
            : CloseOutcome.Closed;
        if (job.TakesItems)
        {
            job.Close();
            await Persist(job, job.ToWrite(withProgress: false), []);
        }

        return outcome;
    }

    /// <summary>
    /// Cuts posted blocks into chunks, stores the chunks in one commit, and then answers the callers.
    /// If the commit fails, all these callers fail.
    /// </summary>
    private async Task Append(JobCore job, List<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks)
    {
        try
        {
            var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
            var answers = blocks.ConvertAll(asked => posted.Take(job, asked.Block, owner!.Slots, Now(), chunks));
            if (chunks.Count > 0)
                await Persist(job, null, chunks.DrainToImmutable());
            for (var i = 0; i < blocks.Count; i++)
            {
                // Null: the disk is nearly full, and nothing of the block was taken.
                if (answers[i] is { } answer)
                    blocks[i].Reply.TrySetResult(answer);
                else
                    blocks[i].Reply.TrySetException(JobFaults.DiskIsLow());
            }
        }
        catch (Exception exception)
        {
            foreach (var (_, reply) in blocks)
                reply.TrySetException(JobFaults.ToCaller(exception));
            throw;
        }
    }

    /// <summary>Stores changes in one commit. New chunks begin the wait for hints anew.</summary>
    private async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks)
    {
        await owner!.Persist(job, write, chunks);
        if (!chunks.IsEmpty)
            waitingSince = steady.Now;
    }

    private long Now() => clock.Read(Job);
}
