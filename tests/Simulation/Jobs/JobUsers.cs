using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// Those who have data jobs done, at the same gateway: they submit, send items, close, cancel and read. What is unknown is asked again,
/// as the product's gateway and its callers do.
/// </summary>
internal sealed class JobUsers
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(400);
    private readonly SimProcess process;
    private readonly IGrainFactory grains;
    private readonly SimRandom chance;
    private readonly Plan plan;
    private readonly JobReferee referee;
    private readonly Coverage coverage;
    private readonly Strictness strictness;
    private readonly TaskIdSource ids;
    private readonly InsightReferee insights;
    private readonly List<TaskId> known = [];
    private int left;

    public JobUsers(SimCluster cluster, SimSilo gateway, Plan plan, JobReferee referee, Coverage coverage, Strictness strictness)
    {
        (this.plan, this.referee, this.coverage, this.strictness) = (plan, referee, coverage, strictness);
        insights = new InsightReferee(coverage);
        process = gateway.NewProcess("job users");
        grains = gateway.Grains;
        chance = new SimRandom(plan.Seed, "jobs");
        ids = new TaskIdSource(cluster.Clock, new SimRandom(plan.Seed, "job ids"));
        left = plan.Jobs;
    }

    /// <summary>Whether everybody has seen the end of what they asked for.</summary>
    public bool AreDone => left == 0;

    /// <summary>The jobs that were accepted.</summary>
    public IReadOnlyList<TaskId> Known => known;

    private IJobReaderGrain Reader => grains.GetGrain<IJobReaderGrain>("reader");

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        var draws = new JobDraws(plan, chance);
        for (var i = 0; i < plan.Jobs; i++)
        {
            var draft = draws.Next(ids.Next());
            process.Run(() => Follow(draft));
        }
    }

    private async Task Follow(JobDraft draft)
    {
        await Wait(draft.At);
        var job = referee.Expect(draft);
        await Create(job);
        known.Add(draft.Id);
        var sent = draft.Source == JobSourceKind.Stream ? Send(job) : Task.CompletedTask;
        if (draft.CancelAfter is { } wait)
            process.Run(() => Cancel(job, wait));
        while (!sent.IsFaulted && !await IsOver(job))
            await Wait(chance.Between(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(4)));
        await sent;
        await Repeat(() => ReadResults(job));
        left--;
    }

    private async Task Create(KnownJob job)
    {
        var spec = Encoding.UTF8.GetBytes(job.Draft.ToJson());
        var entry = job.Draft.HasKey ? NewEntry(job.Draft.Id) : null;
        var reply = await Repeat(() => GrainOf(job).Create(spec, entry));
        Violation.Unless(
            reply.Outcome == JobOutcome.Done
                || (entry is not null && reply.Outcome == JobOutcome.Replayed && reply.Answer.Span.SequenceEqual(entry.Answer.Span)),
            $"{job.Draft.Id} was submitted: {reply.Outcome}.");
        Violation.Unless(job.Row is not null, $"{job.Draft.Id} was accepted, and is not stored.");
        if (entry is null)
            return;
        // The same key for another job: the first answer, and nothing new.
        var other = ids.Next();
        var again = await Repeat(() => grains.GetGrain<IJobGrain>(other.ToString()).Create(spec, entry with { Answer = new byte[] { 9 } }));
        Violation.Unless(
            again.Outcome == JobOutcome.Replayed && again.Answer.Span.SequenceEqual(entry.Answer.Span),
            $"A known key of a job was answered by {again.Outcome}.");
        coverage.Fire("job replayed");
    }

    private async Task<bool> IsOver(KnownJob job)
    {
        try
        {
            var view = await Reader.Get(job.Draft.Id);
            if (view is null && job.IsPruned)
                return true;
            Violation.Unless(view is not null, $"{job.Draft.Id} was accepted and cannot be read.");
            referee.Saw(job, view!);
            if (job.Draft.Collects && chance.Next(4) == 0)
                await ReadResults(job);
            if (view!.State.IsFinal() || chance.Next(4) == 0)
                await Inspect(job, view.State.IsFinal());
            return view.State.IsFinal();
        }
        catch (Exception failure) when (failure is not Violation)
        {
            strictness.Judge("A job's reader", failure);
            coverage.Fire("job's reader saw " + failure.GetType().Name);
            return false;
        }
    }

    private async Task Inspect(KnownJob job, bool isFinal)
    {
        var look = InsightReferee.LookAt(job);
        var insight = await Reader.Inspect(job.Draft.Id, look);
        if (insight is null && job.IsPruned)
            return;
        Violation.Unless(insight is not null, $"{job.Draft.Id} cannot be inspected.");
        insights.Saw(job, look, insight!, isFinal);
    }

    private async Task<bool> ReadResults(KnownJob job)
    {
        var pages = new List<CollectedChunk>();
        var wasOver = job.Outcome is not null;
        for (var after = 0L; ; after = pages[^1].No)
        {
            var page = await Reader.Results(job.Draft.Id, after, 200);
            if (job.IsPruned)
                return true;
            Violation.Unless(page is not null == job.Draft.Collects, $"{job.Draft.Id} collects, or not: {page?.Length}.");
            if (page is not { IsEmpty: false } chunks)
                break;
            pages.AddRange(chunks);
        }

        if (job.Draft.Collects && wasOver == job.Outcome is not null)
            referee.Read(job, pages);
        return true;
    }

    /// <summary>Several send at once, each a part of the lines; then one of them closes.</summary>
    private async Task Send(KnownJob job)
    {
        var draft = job.Draft;
        var share = (draft.Lines.Length + draft.Senders - 1) / draft.Senders;
        if (draft.CloseAfter is { } wait)
            process.Run(() => Close(job, wait));
        await Task.WhenAll(Enumerable.Range(0, draft.Senders).Select(i => Sender(job, [.. draft.Lines.Skip(i * share).Take(share)])));
        if (draft.CloseAfter is null)
            await Close(job, TimeSpan.Zero);
    }

    private async Task Sender(KnownJob job, ImmutableArray<string> lines)
    {
        var sender = new Sender(GrainOf(job), job, referee, coverage, strictness, process.Clock, ids, new SimRandom(chance.NextInt64(), "sender"));
        await sender.Send(lines);
    }

    private async Task Close(KnownJob job, TimeSpan wait)
    {
        await Wait(wait);
        job.CloseAsked = true;
        var outcome = await Repeat(GrainOf(job).Close);
        if (job.IsPruned)
            return;
        Violation.Unless(
            outcome == CloseOutcome.Closed ? job.Row!.IsClosed || job.Row.CancelRequestedAt != 0 || job.MustFail
                : outcome == CloseOutcome.Finished && job.Outcome is not null,
            $"{job.Draft.Id} answers its close by {outcome}.");
        coverage.Fire("stream " + outcome);
    }

    private async Task Cancel(KnownJob job, TimeSpan wait)
    {
        await Wait(wait);
        job.CancelAsked = true;
        var isStopped = await Repeat(GrainOf(job).Cancel);
        if (job.IsPruned)
            return;
        Violation.Unless(
            isStopped ? job.Row!.CancelRequestedAt != 0 : job.Outcome is not null,
            $"{job.Draft.Id} answers its cancel by {isStopped}.");
        coverage.Fire(isStopped ? "job cancelled" : "cancel of an ended job");
    }

    private async Task<T> Repeat<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception failure) when (failure is not Violation)
            {
                strictness.Judge("A job's user", failure);
                coverage.Fire("job's user saw " + failure.GetType().Name);
            }

            await Wait(Again);
        }
    }

    private Task Wait(TimeSpan wait) => Task.Delay(wait, process.Clock);

    private IJobGrain GrainOf(KnownJob job) => grains.GetGrain<IJobGrain>(job.Draft.Id.ToString());

    private static IdempotencyEntry NewEntry(TaskId id)
    {
        var key = new byte[TaskId.Size];
        id.Write(key);
        return new IdempotencyEntry(key, new byte[] { 3 }, new byte[] { 4 });
    }
}
