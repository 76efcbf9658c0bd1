using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Runs one job for <see cref="JobGrain"/>, in rounds. <see cref="JobCore"/> decides; the runner reads the store, has
/// the dispatcher commit each decision, and only then answers callers.
/// </summary>
/// <remarks>
/// A round: (1) load the job; (2) create it, which ends the round; (3) fold ended chunks; (4) cancel or close, which
/// ends the round; (5) store posted blocks; (6) read the source command; (7) cut, save or end; (8) show the job. So a
/// cancel or a close overtakes waiting blocks.
/// <para>
/// Decisions change memory before they are stored. When a round throws, memory may differ from the store, so the grain
/// discards the runner. While <paramref name="isDiskLow"/>, the job takes no items and cuts no chunks, because the rest
/// of the disk is for results. <paramref name="ended"/> is called after the commit that ends the job. The store may have
/// refused an earlier runner's write for its data, which it would refuse again: then <paramref name="refusal"/> has the
/// reason, and the job fails. If the job's spec asks for it, <paramref name="keepResults"/> stores the results before
/// the job succeeds; it returns null, or why the results cannot be stored.
/// </para>
/// </remarks>
internal sealed class JobRunner(
    TaskId id, IJobStore store, IGrainFactory grains, Func<JobSource, Task<FoundSource>> findFiles,
    Func<Task<string?>> keepResults, SteadyClock steady, Action<JobCore> ended, Func<bool> isDiskLow,
    JobOptions options, string? refusal = null)
{
    /// <summary>The reason of a job that failed because the store refused its progress.</summary>
    public const string RefusedReason = "store-refused";

    /// <summary>After this many milliseconds without a hint, ended chunks are read from the store.</summary>
    private const long SilenceLimit = 1_000;

    /// <summary>Milliseconds between checks of a nearly full disk.</summary>
    private const long DiskLook = 1_000;
    private readonly StoredJob stored = new(store, id);
    private readonly SourceFeed feed = new(id, grains.Reference<ITaskReaderGrain>("reader"), steady);
    private readonly SavePace saves = new();
    private readonly PostedBlocks posted = new(isDiskLow);
    private readonly CollectQuota quota = new(store, id, options.CollectQuota, steady);
    private readonly JobClock clock = new(steady);

    /// <summary>Not null whenever <see cref="Job"/> is not null.</summary>
    private JobOwner? owner;

    /// <summary>Whether <see cref="Job"/> matches the store; if not, the next round reads the store.</summary>
    private bool isLoaded;

    /// <summary>Whether this activation has stored that the job is stopping.</summary>
    private bool isStopStored;

    /// <summary>Whether the disk was nearly full in the latest round, so the job cuts nothing.</summary>
    private bool isPaused;

    /// <summary>Whether this round looks for ended chunks in the store because no hint has come.</summary>
    private bool isSilent;

    /// <summary>Start of the wait for the next hint, in steady milliseconds.</summary>
    private long waitingSince;

    /// <summary>
    /// Whether the round does the job's own work, which no caller asked for. A refusal by the store then concerns the
    /// job, and otherwise the caller.
    /// </summary>
    public bool IsOwnWork { get; private set; }

    /// <summary>The job; null until it is loaded, and if it does not exist.</summary>
    public JobCore? Job { get; private set; }

    /// <summary>Returns how long to wait for a call before the next round; null if only a call starts it.</summary>
    public TimeSpan? NextWait()
    {
        if (Job is not { IsOver: false } job)
            return null;
        var now = Now();
        // The waits for a hint, for the disk or the pace, and for the source command.
        return JobAlarm.Until(
            job.FirstOpen is null ? null : waitingSince + SilenceLimit - steady.Now,
            isPaused ? DiskLook : job.NextDue(owner!.Slots, now) - now,
            job.ReadsCommand && !isPaused ? feed.DueAt - steady.Now : null);
    }

    /// <summary>
    /// Performs a round. Returns true if another should follow at once, or false to wait for a call or
    /// <see cref="NextWait"/>. A round that throws has failed the callers that it took from the inbox.
    /// </summary>
    public async Task<bool> Round(JobInbox inbox)
    {
        IsOwnWork = true;
        if (!isLoaded)
            await Load();
        IsOwnWork = false;
        // Creation comes first; otherwise callers that arrived with it would be told that the job does not exist.
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
        // A stopping job cuts nothing and must not wait for the disk.
        isPaused = !job.IsOver && !job.IsStopping && isDiskLow();
        IsOwnWork = true;
        if (!isPaused)
            hasWorked |= await feed.Feed(job, owner!, Now);
        hasWorked |= await Advance(job);
        IsOwnWork = false;
        if (inbox.Gets.IsEmpty && inbox.Looks.IsEmpty)
            return hasWorked;
        var showing = new JobShowing(owner!, steady);
        if (!inbox.Gets.IsEmpty)
            await inbox.Gets.Serve(async () => await showing.View(job, Now));
        await inbox.Looks.Serve(async look => await showing.Inspect(job, look, isPaused, Now));
        return true;
    }

    /// <summary>Loads the job. Opens an unfinished one first, so that no earlier activation changes it.</summary>
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
                // Read again: an earlier activation may have changed or ended the job before it was opened here.
                row = await stored.WithProgress(await stored.Get() ?? row);
                await stored.Restore(job, row, () => clock.Read(job));
                if (refusal is not null)
                    FailRefused(job, refusal, hasFile: !row.Progress.IsEmpty);
                else if (job.IsFile && row.Progress.IsEmpty)
                    await FindFile(job);
            }

            Job = job;
        }

        isLoaded = true;
    }

    /// <summary>
    /// Finds the file of a job that a schedule started; other jobs are stored with theirs. Stores the file before the
    /// first cut, so the job reads the same file after a restart.
    /// </summary>
    private async Task FindFile(JobCore job)
    {
        var source = job.Spec.Source;
        var found = await findFiles(source);
        if (found.Files is { } files)
        {
            job.Use(files);
            await owner!.Persist(job, job.ToWrite(withProgress: true), [], files: found.Names);
        }
        else
        {
            // The stored progress of a job that reads a file must name a file.
            job.Use(new FilePart(source.Path, Size: 0, Modified: 0));
            var subject = source.Files.IsEmpty ? $"file {source.Path}" : "source";
            job.FailSource("source-failed", $"The {subject} {found.Refusal}.", attempt: 0, node: "", Now());
        }
    }

    private void FailRefused(JobCore job, string detail, bool hasFile)
    {
        if (job.IsOver)
            return;
        // The stored progress of a job that reads a file must name a file.
        if (job.IsFile && !hasFile)
            job.Use(new FilePart(job.Spec.Source.Path, Size: 0, Modified: 0));
        job.Fail(RefusedReason, $"The store refused what the job had to write: {detail}", Now());
    }

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

    /// <summary>Stores the new job with its first chunks, then sets <see cref="Job"/>.</summary>
    private async Task<JobReply> Create(ReadOnlyMemory<byte> text, IdempotencyEntry? idempotency)
    {
        var spec = JobSpecReader.ReadStored(text.Span);
        var job = new JobCore(id, spec);
        var found = new FoundSource(null, null);
        if (job.IsFile)
        {
            found = await findFiles(spec.Source);
            if (found.Files is not { } files)
                return new JobReply(JobOutcome.SourceRefused, 0, 0, Encoding.UTF8.GetBytes(found.Refusal ?? ""));
            job.Use(files);
        }

        owner = JobOwner.Of(spec, id, store, grains, steady);
        // Begin and Cut get the same time, so that a repeated creation gets the same first chunks from the pace.
        var now = Now();
        job.Begin(now);
        var chunks = job.Cut(owner.Slots, now);
        var write = job.ToWrite(withProgress: job.IsFile, new JobSubmission(spec.Name, spec.Labels, text, JobHead.Of(spec).ToBytes()));
        var reply = await owner.Create(job, write, chunks, idempotency, found.Names);
        waitingSince = steady.Now;
        // If not Done, an earlier call may have stored other first chunks and another start; the next round reads them.
        isLoaded = reply.Outcome == JobOutcome.Done;
        Job = isLoaded ? job : null;
        return reply.Outcome == JobOutcome.Known ? reply with { Outcome = JobOutcome.Done } : reply;
    }

    /// <summary>
    /// Folds hinted chunks. After a second without hints, or after dropped ones, also folds the ended chunks in the
    /// store: only this recovers a lost hint. So while other hints keep coming, a chunk whose hint was lost waits.
    /// </summary>
    private async Task Fold(JobCore job, EndedInbox hints)
    {
        isSilent = job.FirstOpen is not null && hints.IsEmpty && steady.Now - waitingSince >= SilenceLimit;
        if (isSilent || !hints.IsEmpty)
            waitingSince = steady.Now;
        if (isSilent || hints.TakeDropped())
            await FoldStored(job);
        while (hints.TryTake(out var chunk))
            job.Fold(chunk, Now());
    }

    private Task FoldStored(JobCore job) => job.FirstOpen is { } first ? stored.Fold(job, first, Now) : Task.CompletedTask;

    /// <summary>Stops, ends, cuts or saves, whichever is due. Returns false if nothing is due.</summary>
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
        if (job.Spec.KeepsResults && job.IsFinishing && await keepResults() is { } unkept)
        {
            job.Fail("results-not-kept", unkept, Now());
            await Stop(job);
            return true;
        }

        if (job.End(areDropped: false, Now()))
        {
            await Persist(job, job.ToWrite(withProgress: true), []);
            ended(job);
            return true;
        }

        var isSaved = saves.IsDue(job.Unsaved, steady.Now, isSilent);
        if (chunks.IsEmpty && !isSaved)
            return false;
        var began = steady.Now;
        await Persist(job, isSaved ? job.ToWrite(withProgress: true) : null, chunks);
        if (isSaved)
            saves.Note(began, steady.Now);
        return true;
    }

    /// <summary>
    /// Ends a cancelled or failed job in two commits. The first stores that it is stopping and drops its open chunks;
    /// then chunks that had ended are folded, and the second ends the job. A new activation in between repeats both.
    /// </summary>
    private async Task Stop(JobCore job, Origin? origin = null)
    {
        // A replaced activation throws here, before it cancels the source command of a job that continues.
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
    /// Returns the exception for a canceller. After the first commit of <see cref="Stop"/>, it must not say that
    /// nothing changed.
    /// </summary>
    private Exception ToCanceller(Exception cause) => isStopStored && cause is StoreUnavailableException
        ? new OutcomeUnknownException("The job is stopping, but its end could not be stored.", cause)
        : JobFaults.ToCaller(cause);

    /// <summary>Cancels and ends the job; returns false if it had ended. A failing job still ends as failed.</summary>
    private async Task<bool> Cancel(JobCore job, Origin? origin)
    {
        // A repeated cancel changes nothing, so it leaves no audit record.
        var isFirst = job.Life.CancelRequestedAt == 0;
        var isOpen = job.Cancel(Now());
        if (isOpen)
            await Stop(job, isFirst ? origin : null);
        return isOpen;
    }

    /// <summary>Closes the stream if it still takes items.</summary>
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

    /// <summary>Stores posted blocks as chunks in one commit, then answers their callers.</summary>
    private async Task Append(JobCore job, List<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks)
    {
        try
        {
            var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
            var answers = blocks.ConvertAll(asked => posted.Take(job, asked.Block, owner!.Slots, Now(), chunks));
            if (chunks.Count > 0)
                await Persist(job, null, chunks.DrainToImmutable());
            // An activation that was replaced knows nothing of what the current one took.
            else if (!job.IsOver && answers.Exists(static answer => answer?.Outcome == AppendOutcome.UploadUnknown))
                await owner!.Confirm(job);
            for (var i = 0; i < blocks.Count; i++)
            {
                // A null answer means that the disk is nearly full and nothing of the block was taken.
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

    /// <summary>Commits changes. New chunks restart the wait for hints.</summary>
    private async Task Persist(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks)
    {
        await owner!.Persist(job, write, chunks);
        if (!chunks.IsEmpty)
            waitingSince = steady.Now;
    }

    private long Now() => clock.Read(Job);
}
