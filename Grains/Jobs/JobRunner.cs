using System.Text;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Runs one job in rounds. In each round, the runner folds the chunks that have ended, has the job's dispatcher store
/// the decisions of <see cref="JobCore"/>, and only then answers the callers.
/// The job's grain calls one round after the other. When a round throws, memory is ahead of the store: the grain must
/// discard the runner, and its next activation reads the job from the store.
/// </summary>
/// <param name="id">The job's id.</param>
/// <param name="store">The stored jobs.</param>
/// <param name="grains">Finds the other grains.</param>
/// <param name="findFile">Finds the file at a path that a job's spec names; see <see cref="ISourceFiles.Find"/>.</param>
/// <param name="steady">The clock.</param>
/// <param name="ended">Called once, after the commit that ends the job. Not called for a job that had ended before it was read.</param>
/// <param name="isDiskLow">
/// Whether the disk is nearly full. The rest of it is kept for results, so the job then takes and cuts nothing new. It goes on when
/// there is room again.
/// </param>
/// <param name="options">The bounds of jobs.</param>
internal sealed class JobRunner(
    TaskId id, IJobStore store, IGrainFactory grains, Func<string, SourceFile> findFile, SteadyClock steady, Action<JobCore> ended,
    Func<bool> isDiskLow, JobOptions options)
{
    /// <summary>
    /// After how many milliseconds without a hint the store is read for ended chunks, and without a confirmed commit the ownership is
    /// confirmed before the job is shown.
    /// </summary>
    private const long SilenceLimit = 1_000;

    /// <summary>The time between two looks at the disk while the job is paused, in milliseconds.</summary>
    private const long DiskLook = 1_000;
    private readonly StoredJob stored = new(store, id);
    private readonly SourceFeed feed = new(id, grains.GetGrain<ITaskReaderGrain>("reader"), steady);
    private readonly SavePace saves = new();
    private readonly UploadLog uploads = new();
    private readonly CollectQuota quota = new(store, id, options.CollectQuota, steady);
    private readonly JobClock clock = new(steady);

    /// <summary>Not null whenever <see cref="Job"/> is not null.</summary>
    private JobOwner? owner;

    /// <summary>Whether <see cref="Job"/> is what the store has; else the next round reads the store.</summary>
    private bool isLoaded;

    /// <summary>Whether this activation has had the open chunks of a stopping job dropped.</summary>
    private bool isStopped;

    /// <summary>Whether the disk was nearly full at the latest look.</summary>
    private bool isPaused;

    /// <summary>When hints came last or the wait for them began, in steady milliseconds.</summary>
    private long heardAt;

    /// <summary>
    /// The job in memory; null before the job was read from the store, and when the job does not exist.
    /// </summary>
    public JobCore? Job { get; private set; }

    /// <summary>Returns the time until the next round is due without a call; null when no round is due.</summary>
    public TimeSpan? NextWait()
    {
        if (Job is not { IsOver: false } job)
            return null;
        var now = Now();
        return JobAlarm.Until(
            job.FirstOpen is null ? null : heardAt + SilenceLimit - steady.Now,
            isPaused ? DiskLook : job.NextDue(now) - now,
            job.ReadsCommand && !isPaused ? feed.DueAt - steady.Now : null);
    }

    /// <summary>
    /// Performs one round. Creates, cancels or closes the job if callers ask for that; otherwise performs one step of
    /// each other kind of work that waits. Returns false when nothing was to be done; the grain then waits for a call or for
    /// <see cref="NextWait"/>. Throws after it has failed the callers that it took from the inbox; the grain fails those that are left.
    /// </summary>
    public async Task<bool> Round(JobInbox inbox)
    {
        if (!isLoaded)
            await Load();
        // A creation comes before all else, so that a caller that waits with it finds the job.
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
            await inbox.Cancels.Serve(() => Cancel(job));
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
        // A job that is stopping takes and cuts nothing anyway.
        isPaused = !job.IsOver && !job.IsStopping && isDiskLow();
        if (!isPaused)
            hasWorked |= await feed.Feed(job, owner!, Now);
        hasWorked |= await Advance(job);
        if (inbox.Gets.IsEmpty)
            return hasWorked;
        await inbox.Gets.Serve(() => View(job));
        return true;
    }

    /// <summary>
    /// Reads the job from the store. Opens an unfinished job at its dispatcher before it reads the chunks. From then
    /// on, the dispatcher refuses requests of earlier activations, so that no earlier activation changes what this one
    /// has read.
    /// </summary>
    private async Task Load()
    {
        if (await stored.Get() is { } row)
        {
            var spec = JobSpecReader.ReadStored(row.Spec.Span);
            owner = JobOwner.Of(spec, id, store, grains, steady);
            var job = new JobCore(id, row.Partition, spec);
            if (row.State.IsFinal())
                job.Restore(await stored.WithProgress(row), null, Now());
            else
            {
                await owner.Open();
                heardAt = steady.Now;
                // Until it was opened, an earlier activation may have changed the job and deleted parts of its progress.
                row = await stored.WithProgress(await stored.Get() ?? row);
                await stored.Restore(job, row, () => clock.Read(job));
            }

            Job = job;
        }

        isLoaded = true;
    }

    /// <summary>Creates the job and answers the callers; a repeated creation of a job in memory changes nothing.</summary>
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

    private async Task<JobReply> Create(ReadOnlyMemory<byte> text, IdempotencyEntry? idempotency)
    {
        var spec = JobSpecReader.ReadStored(text.Span);
        var job = new JobCore(id, JobOwner.PartitionOf(spec), spec);
        if (job.IsFile)
        {
            var found = findFile(spec.Source.Path);
            if (found.Part is not { } part)
                return new JobReply(JobOutcome.SourceRefused, 0, 0, Encoding.UTF8.GetBytes(found.Refusal ?? ""));
            job.Use(part);
        }

        owner = JobOwner.Of(spec, id, store, grains, steady);
        job.Begin(Now());
        var chunks = job.Cut(owner.Slots, Now());
        var write = job.ToWrite(withProgress: job.IsFile, new JobSubmission(spec.Name, spec.Labels, text, JobHead.Of(spec).ToBytes()));
        var reply = await owner.Create(job, write, chunks, idempotency);
        heardAt = steady.Now;
        // If the dispatcher refused the job, the store may have it from an earlier call whose answer was lost: the next
        // round reads the store.
        isLoaded = reply.Outcome == JobOutcome.Done;
        Job = isLoaded ? job : null;
        return reply;
    }

    /// <summary>
    /// Folds the chunks that the dispatcher's hints name. Reads the ended chunks from the store instead when no hint
    /// has come for a second, or when hints were dropped.
    /// </summary>
    private async Task Fold(JobCore job, EndedInbox hints)
    {
        var isSilent = job.FirstOpen is not null && hints.IsEmpty && steady.Now - heardAt >= SilenceLimit;
        if (isSilent || !hints.IsEmpty)
            heardAt = steady.Now;
        if (isSilent || hints.TakeDropped())
            await FoldStored(job);
        while (hints.TryTake(out var chunk))
            job.Fold(chunk, Now());
    }

    private Task FoldStored(JobCore job) => job.FirstOpen is { } first ? stored.Fold(job, first, Now) : Task.CompletedTask;

    /// <summary>
    /// Cuts new chunks, ends the job, or saves its progress, and stores the result in one commit.
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
    /// Drops the open chunks at the dispatcher, folds the chunks that had ended before, and ends the job. May be repeated after an
    /// activation that did not get to the end.
    /// </summary>
    private async Task Stop(JobCore job)
    {
        if (!isStopped)
        {
            // An activation that was replaced ends here, before it would cancel the source of a job that goes on.
            await owner!.Persist(job, job.ToWrite(withProgress: false), [], stopsChunks: true);
            if (job.Spec.Source.Kind == JobSourceKind.Command)
                await owner.CancelSource();
            isStopped = true;
        }

        await FoldStored(job);
        if (job.End(areDropped: true, Now()))
        {
            await owner!.Persist(job, job.ToWrite(withProgress: true), [], stopsChunks: true);
            ended(job);
        }
    }

    /// <summary>Cancels the job; false when it had ended. The reply thus follows the commit that ends the job.</summary>
    private async Task<bool> Cancel(JobCore job)
    {
        var isOpen = job.Cancel(Now());
        if (isOpen)
            await Stop(job);
        return isOpen;
    }

    /// <summary>Closes the job's stream. May be repeated: a stream that takes no more items is closed already.</summary>
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

    private async Task<JobView?> View(JobCore job)
    {
        // Another activation may have replaced this one, which would then show an old state and never end.
        // The dispatcher confirms that this activation still owns the job.
        if (!job.IsOver && steady.Now - owner!.ConfirmedAt >= SilenceLimit)
            await owner.Confirm(job);
        return job.View(job.IsOver ? default : await owner!.CountChunks(), Now());
    }

    /// <summary>
    /// Cuts posted blocks into chunks, stores the chunks in one commit, and then answers the callers.
    /// </summary>
    private async Task Append(JobCore job, List<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks)
    {
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        var answers = blocks.ConvertAll(asked => Take(job, asked.Block, chunks));
        try
        {
            if (chunks.Count > 0)
                await Persist(job, null, chunks.DrainToImmutable());
            for (var i = 0; i < blocks.Count; i++)
            {
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

    /// <summary>
    /// Cuts what the job can take of a block into chunks, which the caller stores, and returns the answer to give after that; null when the
    /// disk is nearly full, and nothing was taken. The upload is looked up first, so that a block which was taken before is answered as
    /// taken whatever has become of the job.
    /// </summary>
    private AppendReply? Take(JobCore job, JobBlock block, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        if (!job.IsStream)
            return new AppendReply(AppendOutcome.NotAStream, 0);
        // The upload log is lost with the activation. The first block of an unknown upload is new, unless it was sent before.
        var known = uploads.TakenOf(block.Upload);
        if (known is null && (block.Offset > 0 || block.IsRepeat))
            return new AppendReply(AppendOutcome.UploadUnknown, 0);
        // The client sends the block again, because the answer was lost.
        if (known > block.Offset)
            return new AppendReply(AppendOutcome.Taken, known.Value - block.Offset);
        if (!job.TakesItems)
            return new AppendReply(AppendOutcome.Closed, 0);
        if (isDiskLow())
            return null;
        var taken = job.Append(block.Lines, block.Items, owner!.Slots, Now(), chunks);
        uploads.Note(block.Upload, block.Offset + taken);
        return new AppendReply(taken == 0 && block.Items > 0 ? AppendOutcome.Full : AppendOutcome.Taken, taken);
    }

    /// <summary>Stores changes in one commit. New chunks begin the wait for hints anew.</summary>
    private async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks)
    {
        await owner!.Persist(job, write, chunks);
        if (!chunks.IsEmpty)
            heardAt = steady.Now;
    }

    private long Now() => clock.Read(Job);
}
