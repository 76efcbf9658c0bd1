using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

public sealed partial class JobGrain
{
    /// <summary>Rounds until nothing waits and nothing is to be stored.</summary>
    private async Task Loop()
    {
        try
        {
            if (!isLoaded)
                await Load();
            while (poison is null && (await Round() || SomebodyWaits))
            {
            }
        }
        catch (Exception exception)
        {
            Poison(exception);
        }
        finally
        {
            looping = false;
            Arm();
        }
    }

    private bool SomebodyWaits => creation is not null || ended.Count > 0 || gets.Count > 0 || cancels.Count > 0
        || closes.Count > 0 || appends.Count > 0;

    /// <summary>
    /// Does what is to be done, each thing once: whatever there is more of than one round takes, the others get their turn. False when
    /// there was nothing.
    /// </summary>
    private async Task<bool> Round()
    {
        if (creation is not null)
        {
            await Create();
            return true;
        }

        if (core is null)
        {
            AnswerNobody();
            return false;
        }

        await Fold();
        if (cancels.Count > 0)
        {
            await CancelNow(core);
            return true;
        }

        if (closes.Count > 0)
        {
            await CloseNow(core);
            return true;
        }

        var hasWorked = appends.Count > 0;
        if (hasWorked)
            await Append(core);
        hasWorked |= await Feed(core);
        hasWorked |= await Advance(core);
        hasWorked |= await Answer(core);
        return hasWorked;
    }

    /// <summary>Stores the next step of the job, if there is one.</summary>
    private async Task<bool> Advance(JobCore job)
    {
        if (job.IsOver)
            return false;
        if (job.IsStopping)
        {
            await Stop(job);
            return true;
        }

        var chunks = job.Cut(slots, ReadClock());
        chunks = chunks.AddRange(job.CutReductions());
        if (job.End(areDropped: false, ReadClock()))
        {
            await Tell(job, job.ToWrite(withProgress: true), [], stops: false);
            LogEnded(Id, job.Phase.ToState(), job.ItemsDone);
            return true;
        }

        var saves = job.Unsaved >= SaveFrom && steady.Now - savedAt >= Math.Max(SavePeriod, SaveShare * saveCost);
        if (chunks.IsEmpty && !saves)
            return false;
        var began = steady.Now;
        await Tell(job, saves ? job.ToWrite(withProgress: true) : null, chunks, stops: false);
        if (saves)
            (savedAt, saveCost) = (steady.Now, steady.Now - began);
        return true;
    }

    /// <summary>Drops what is open, folds what had ended by then, and ends the job.</summary>
    private async Task Stop(JobCore job)
    {
        if (!isStopped)
        {
            await StopSource(job);
            await Tell(job, job.ToWrite(withProgress: false), [], stops: true);
            isStopped = true;
        }

        await FoldStored(job);
        if (job.End(areDropped: true, ReadClock()))
        {
            await Tell(job, job.ToWrite(withProgress: true), [], stops: true);
            LogEnded(Id, job.Phase.ToState(), job.ItemsDone);
        }
    }

    private async Task CancelNow(JobCore job)
    {
        var asked = cancels.ToArray();
        cancels.Clear();
        try
        {
            var isOpen = job.Cancel(ReadClock());
            if (isOpen)
                await Stop(job);
            foreach (var reply in asked)
                reply.TrySetResult(isOpen);
        }
        catch (Exception exception)
        {
            foreach (var reply in asked)
                reply.TrySetException(NewFailure(exception));
            throw;
        }
    }

    private async Task Create()
    {
        var asked = creation!;
        try
        {
            if (core is null)
            {
                var spec = JobSpecReader.ReadStored(asked.Spec.Span);
                dispatcher = DispatcherOf(spec);
                var job = new JobCore(Id, new PartitionKey(spec.Queue, OnlyPartition), spec);
                if (job.IsFile && !TryUseFile(job, spec.Source.Path, asked))
                    return;
                job.Begin(ReadClock());
                var chunks = job.Cut(slots, ReadClock());
                var write = job.ToWrite(withProgress: job.IsFile, new JobSubmission(spec.Name, spec.Labels, asked.Spec));
                var reply = await dispatcher.Job(new JobRequest(Id, 0, false, write, chunks, false, asked.Idempotency, job.Window(slots)));
                (epoch, slots, heardAt) = (reply.Epoch, reply.Slots, steady.Now);
                if (reply.Outcome == JobOutcome.Done)
                    core = job;
                else
                    // What was stored meanwhile may be this very job, by a call whose answer was lost.
                    isLoaded = false;
                asked.Reply.TrySetResult(reply);
            }
            else
                asked.Reply.TrySetResult(new JobReply(JobOutcome.Done, epoch, slots, default));
            creation = null;
        }
        catch (Exception exception)
        {
            asked.Reply.TrySetException(NewFailure(exception));
            throw;
        }
    }

    /// <summary>Looks for the file; false when the job cannot have it, which is the answer then.</summary>
    private bool TryUseFile(JobCore job, string path, Creation asked)
    {
        var found = ServiceProvider.GetService<ISourceFiles>()?.Find(path)
            ?? new SourceFile(null, "cannot be read: this silo reads no files");
        if (found.Part is { } part)
        {
            job.Use(part);
            return true;
        }

        asked.Reply.TrySetResult(new JobReply(JobOutcome.SourceRefused, 0, 0, Encoding.UTF8.GetBytes(found.Refusal ?? "")));
        creation = null;
        return false;
    }

    /// <summary>Has something stored. Another activation, or the dispatcher's next one, makes this one begin anew.</summary>
    private async Task Tell(JobCore job, JobWrite? write, ImmutableArray<ChunkPlan> chunks, bool stops)
    {
        var reply = await dispatcher.Job(new JobRequest(Id, epoch, false, write, chunks, stops, null, job.Window(slots)));
        if (reply.Outcome != JobOutcome.Done)
            throw new StoreUnavailableException($"The job's dispatcher has begun anew ({reply.Outcome}).");
        (slots, toldAt) = (reply.Slots, steady.Now);
        if (!chunks.IsEmpty)
            heardAt = steady.Now;
    }

    private async Task<bool> Answer(JobCore job)
    {
        if (gets.Count == 0)
            return false;
        var asked = gets.ToArray();
        gets.Clear();
        try
        {
            // An activation that was replaced without knowing it would wait for ever, and show what was: the dispatcher knows better.
            if (!job.IsOver && steady.Now - toldAt >= SilenceLimit)
                await Tell(job, null, [], stops: false);
            var counts = job.IsOver ? default : await dispatcher.CountChunks(Id);
            var view = job.View(counts, ReadClock());
            foreach (var reply in asked)
                reply.TrySetResult(view);
            return true;
        }
        catch (Exception exception)
        {
            foreach (var reply in asked)
                reply.TrySetException(NewFailure(exception));
            throw;
        }
    }

    private void AnswerNobody()
    {
        ended.Clear();
        foreach (var reply in gets)
            reply.TrySetResult(null);
        gets.Clear();
        foreach (var reply in cancels)
            reply.TrySetResult(false);
        cancels.Clear();
        foreach (var reply in closes)
            reply.TrySetResult(CloseOutcome.NoJob);
        closes.Clear();
        while (appends.TryDequeue(out var append))
            append.Reply.TrySetResult(new AppendReply(AppendOutcome.NoJob, 0));
    }

    /// <summary>When nothing was heard for a while, what hints may have lost is read from the store.</summary>
    private async Task Fold()
    {
        var job = core!;
        if (ended.Count > 0)
            heardAt = steady.Now;
        else if (job.FirstOpen is not null && steady.Now - heardAt >= SilenceLimit)
        {
            heardAt = steady.Now;
            await FoldStored(job);
        }

        while (ended.TryDequeue(out var chunk))
            job.Fold(chunk, ReadClock());
    }

    private async Task FoldStored(JobCore job)
    {
        if (job.FirstOpen is not { } first)
            return;
        for (var after = first - 1; ;)
        {
            var page = await store.Jobs.Chunks(Id, ended: true, after, ChunkPage);
            foreach (var chunk in page)
                job.Fold(chunk.Ended!, ReadClock());
            if (page.Length < ChunkPage)
                return;
            after = page[^1].Plan.No;
        }
    }

    /// <summary>Opens the job at its dispatcher first, then reads: what is read cannot be changed by an earlier activation.</summary>
    private async Task Load()
    {
        if (await store.Jobs.Get(Id) is { } row)
        {
            var spec = JobSpecReader.ReadStored(row.Spec.Span);
            dispatcher = DispatcherOf(spec);
            if (!row.State.IsFinal())
            {
                var reply = await dispatcher.Job(new JobRequest(Id, 0, true, null, [], false, null, 0));
                (epoch, slots, heardAt) = (reply.Epoch, reply.Slots, steady.Now);
                row = await store.Jobs.Get(Id) ?? row;
            }

            var job = new JobCore(Id, row.Partition, spec);
            job.Restore(row, row.State.IsFinal() ? null : await store.Jobs.LastChunk(Id), ReadClock());
            core = job;
            if (!row.State.IsFinal())
                await LoadChunks(job);
        }

        isLoaded = true;
    }

    private async Task LoadChunks(JobCore job)
    {
        foreach (var isEnded in (bool[])[false, true])
        {
            for (var after = 0L; ;)
            {
                var page = await store.Jobs.Chunks(Id, isEnded, after, ChunkPage);
                foreach (var chunk in page)
                    job.Restore(chunk, ReadClock());
                if (page.Length < ChunkPage)
                    break;
                after = page[^1].Plan.No;
            }
        }
    }

    private void Poison(Exception cause)
    {
        if (poison is not null)
            return;
        poison = cause;
        LogPoisoned(Id, cause);
        creation?.Reply.TrySetException(NewFailure(cause));
        foreach (var reply in gets)
            reply.TrySetException(NewFailure(cause));
        foreach (var reply in cancels)
            reply.TrySetException(NewFailure(cause));
        foreach (var reply in closes)
            reply.TrySetException(NewFailure(cause));
        while (appends.TryDequeue(out var append))
            append.Reply.TrySetException(NewFailure(cause));
        DeactivateOnIdle();
    }

    private void Arm()
    {
        if (poison is not null || timer is null || core is not { IsOver: false } job)
            return;
        var wait = job.FirstOpen is null ? long.MaxValue : heardAt + SilenceLimit - steady.Now;
        var now = ReadClock();
        if (job.NextDue(now) is { } paced)
            wait = Math.Min(wait, paced - now);
        if (job.ReadsCommand)
            wait = Math.Min(wait, sourceDueAt - steady.Now);
        if (wait != long.MaxValue)
            timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, wait)), Timeout.InfiniteTimeSpan);
    }
}
