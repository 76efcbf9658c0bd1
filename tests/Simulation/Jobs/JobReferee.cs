using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// Looks at what every commit says of jobs, and at what their users are told: figures cover exactly the chunks that are stored as done,
/// each item once, as a plain computation has them.
/// </summary>
internal sealed class JobReferee(Coverage coverage)
{
    private const int MostLiveItems = 1_000;
    private readonly Dictionary<TaskId, KnownJob> jobs = [];
    private readonly Dictionary<(int QueueNo, long No), KnownJob> stored = [];
    private readonly Dictionary<string, JobDraft> scheduled = new(StringComparer.Ordinal);
    private readonly List<TaskId> known = [];

    /// <summary>Given a job: what grains have of it in memory.</summary>
    public required Func<TaskId, IEnumerable<JobCore>> Live { get; init; }

    /// <summary>Given a job and what its row has of progress: the progress, with the parts that it refers to.</summary>
    public required Func<TaskId, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Progress { get; init; }

    /// <summary>How many jobs are stored and have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>How many chunks were done.</summary>
    public int ChunksDone { get; private set; }

    /// <summary>The jobs, by id.</summary>
    public IEnumerable<KnownJob> Jobs => jobs.Values;

    /// <summary>The jobs that were stored, oldest first.</summary>
    public IReadOnlyList<TaskId> Known => known;

    /// <summary>Returns a job that was stored.</summary>
    public KnownJob Find(TaskId id) => jobs[id];

    /// <summary>Somebody is about to have a schedule or a workflow start such jobs; no other draft has its name.</summary>
    public void ExpectScheduled(JobDraft draft) => scheduled.Add(draft.Name, draft);

    /// <summary>Somebody is about to submit a job.</summary>
    public KnownJob Expect(JobDraft draft)
    {
        var job = new KnownJob(draft);
        jobs.Add(draft.Id, job);
        return job;
    }

    /// <summary>A commit is on the disk.</summary>
    public void Committed(QueueCommit commit)
    {
        foreach (var job in commit.Jobs.Where(static job => job.Write.New is not null))
        {
            var begun = jobs.GetValueOrDefault(job.Id) ?? Expect(DraftOf(job));
            begun.Begin(job);
            stored.Add((commit.QueueNo, job.No), begun);
            known.Add(job.Id);
            Open++;
        }

        foreach (var chunk in commit.Chunks)
            Apply(stored[(commit.QueueNo, chunk.JobNo)], chunk);
        foreach (var job in commit.Jobs)
            Apply(jobs[job.Id], job.Write);
        foreach (var chunk in commit.Chunks)
        {
            var job = stored[(commit.QueueNo, chunk.JobNo)];
            Violation.Unless(job.Row!.StartedAt != 0, $"{job.Draft.Id} has chunks, and no start.");
        }

        foreach (var entry in commit.Events.Where(static entry => entry.IsJob))
            Violation.Unless(
                entry.State == jobs[entry.Task].Row!.State.ToEvent(),
                $"An event says {entry.State} of {entry.Task}, which is {jobs[entry.Task].Row!.State}.");
    }

    /// <summary>A grain takes a stored job up.</summary>
    public void Loaded(TaskId id) => coverage.Fire(jobs[id].Row!.Progress.IsEmpty ? "job begins anew" : "job begins anew with progress");

    /// <summary>Retention has removed jobs; <paramref name="exists"/> tells which are left.</summary>
    public void Pruned(Func<TaskId, bool> exists)
    {
        foreach (var job in jobs.Values.Where(static job => job.Row is not null && !job.IsPruned))
        {
            if (exists(job.Draft.Id))
                continue;
            Violation.Unless(job.Outcome is not null, $"Retention removed {job.Draft.Id}, which has not ended.");
            job.IsPruned = true;
            coverage.Fire("job removed by retention");
        }
    }

    /// <summary>Somebody was told that lines of a stream are taken.</summary>
    public void Taken(KnownJob job, IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Violation.Unless(job.HasRead(line), $"{job.Draft.Id} took {line}, and does not have it.");
    }

    /// <summary>Somebody sees a job: no more than is stored, and what is said of it must fit.</summary>
    public void Saw(KnownJob job, JobView view)
    {
        Violation.Unless(
            view.ItemsDone <= job.Done.Items && view.ItemsSkipped <= job.Done.Skipped && view.ItemsRead <= job.Cut,
            $"{view.Id} shows {view.ItemsDone} done, {view.ItemsSkipped} skipped and {view.ItemsRead} read items; {job.Done.Items}, {job.Done.Skipped} and {job.Cut} are stored.");
        if (view.ItemsDone == job.Done.Items && view.ItemsSkipped == job.Done.Skipped)
            Compare(view, job.Done);
        foreach (var live in Live(view.Id))
            CheckLive(job, live);
        if (view.State.IsFinal())
            Violation.Unless(
                job.Outcome is { } end && end.State == view.State && end.Aggregate.Span.SequenceEqual(view.Aggregate.Span),
                $"{view.Id} shows another end than is stored.");
    }

    /// <summary>Somebody reads what a job collected.</summary>
    public void Read(KnownJob job, IReadOnlyList<CollectedChunk> chunks)
    {
        var before = 0L;
        foreach (var chunk in chunks)
        {
            var known = job.Chunks.GetValueOrDefault(chunk.No);
            Violation.Unless(
                chunk.No > before && known is { IsDone: true }, $"{job.Draft.Id} gives results of chunk {chunk.No} after {before}.");
            before = chunk.No;
            var lines = System.Text.Encoding.UTF8.GetString(chunk.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var expected = known!.Items.SelectMany(item => PlainFold.ResultsOf(job.Draft, item) ?? []);
            Violation.Unless(
                lines.Select(PlainValue.Parse).SequenceEqual(expected), $"Chunk {chunk.No} of {job.Draft.Id} gives other results: {lines.Length}.");
        }

        if (job.Outcome is null)
            return;
        Violation.Unless(
            chunks.Count == job.Chunks.Values.Count(static chunk => chunk.IsDone),
            $"{job.Draft.Id} has ended, and gives the results of {chunks.Count} chunks.");
    }

    // Of a job that nobody has submitted, but a schedule or a workflow has started.
    private JobDraft DraftOf(JobCommit job)
    {
        var submission = job.Write.New!;
        Violation.Unless(
            scheduled.TryGetValue(submission.Name, out var draft)
                && (submission.Labels.Any(static label => label.Key == ScheduleSpec.Label)
                    || JobSpecReader.ReadStored(submission.Spec.Span).Workflow is not null),
            $"{job.Id} is stored, and nobody asked for it.");
        return draft! with { Id = job.Id };
    }

    private void Apply(KnownJob job, in ChunkWrite write)
    {
        if (write.New is { } plan)
            job.Add(plan);
        if (write.Ended is not { } ended)
            return;
        var id = job.Draft.Id;
        Violation.Unless(job.Chunks.TryGetValue(ended.No, out var chunk), $"Chunk {ended.No} of {id} ends, and is not stored.");
        Violation.Unless(chunk!.Ended is null, $"Chunk {ended.No} of {id} ends twice.");
        Violation.Unless(!job.Row!.State.IsFinal(), $"Chunk {ended.No} of {id} ends after its job.");
        chunk.Ended = ended;
        Violation.Unless(
            write.Collected is not null == (job.Draft.Collects && ended.State == TaskState.Succeeded),
            $"Chunk {ended.No} of {id} has results that nobody collects, or has none.");
        var isWhole = chunk.Items.All(item => PlainFold.ResultsOf(job.Draft, item) is not null);
        if (ended.State != TaskState.Succeeded)
        {
            coverage.Fire("chunk failed");
            job.ItemsFailed += !ended.Report.IsEmpty && ChunkReport.Read(ended.Report).Error is not null ? 1 : chunk.Items.Length;
            Violation.Unless(
                !isWhole || ended.Reason == EndReason.NodeLost, $"Chunk {ended.No} of {id} failed, and nothing is wrong with it: {ended}.");
            return;
        }

        Violation.Unless(isWhole || job.Draft.SkipsErrors, $"Chunk {ended.No} of {id} succeeded with an item in error.");
        CheckReport(job, chunk, ended);
        chunk.IsDone = true;
        ChunksDone++;
        job.Done.Add(chunk.Items);
    }

    /// <summary>What a grain has in memory covers exactly the chunks that it says it does.</summary>
    private static void CheckLive(KnownJob job, JobCore live)
    {
        if (job.Draft.Count > MostLiveItems)
            return;
        var plain = new PlainFold(job.Draft);
        foreach (var (no, chunk) in job.Chunks)
        {
            if (!live.Folded.Contains(no))
                continue;
            Violation.Unless(chunk.Ended is not null, $"A grain has folded chunk {no} of {job.Draft.Id}, which has not ended.");
            if (chunk.IsDone)
                plain.Add(chunk.Items);
        }

        Compare(live.View(default, 0), plain);
    }

    private static void CheckReport(KnownJob job, KnownChunk chunk, EndedChunk ended)
    {
        var report = ChunkReport.Read(ended.Report);
        var reader = new ByteReader(report.Bytes.Span);
        var partial = Partial.Read(job.Spec.Plan, ref reader);
        Violation.Unless(
            partial.Items + partial.Skipped == chunk.Items.Length,
            $"Chunk {ended.No} of {job.Draft.Id} has {partial.Items} and {partial.Skipped} of {chunk.Items.Length} items.");
    }

    private void Apply(KnownJob job, JobWrite write)
    {
        job.Change(write);
        var isFinal = write.State.IsFinal();
        Violation.Unless(write.Progress is not null || (write.Folded.IsEmpty && !isFinal), $"{job.Draft.Id} folds without progress.");
        foreach (var range in write.Folded)
        {
            for (var no = range.First; no <= range.Last; no++)
                Fold(job, no, job.Chunks.GetValueOrDefault(no));
        }

        if (write.Progress is null)
            return;
        var row = job.Row!;
        var view = JobViews.Of(row with { Progress = Progress(row.Id, row.Progress) }, job.Spec, write.EndedAt);
        if (write.Parts is not null)
            coverage.Fire("job stores its progress in parts");
        coverage.Fire(isFinal ? "job " + write.State.Name() : "job stores its progress");
        Compare(view, isFinal ? job.Done : job.Folded);
        if (isFinal)
            End(job, view);
    }

    private static void Fold(KnownJob job, long no, KnownChunk? chunk)
    {
        Violation.Unless(
            chunk is { Ended: not null, IsFolded: false }, $"{job.Draft.Id} folds chunk {no}, which has not ended or is folded already.");
        chunk!.IsFolded = true;
        if (chunk.IsDone)
            job.Folded.Add(chunk.Items);
    }

    private void End(KnownJob job, JobView view)
    {
        Open--;
        job.Outcome = view;
        var draft = job.Draft;
        Violation.Unless(view.ItemsFailed == job.ItemsFailed, $"{view.Id} shows {view.ItemsFailed} failed items of {job.ItemsFailed}.");
        switch (view.State)
        {
            case JobState.Succeeded:
                Violation.Unless(
                    job.Chunks.Values.All(static chunk => chunk.IsDone) && (draft.Source != JobSourceKind.Stream || job.Row!.IsClosed)
                        && (job.Cut == draft.Count || draft.CloseAfter is not null),
                    $"{draft.Id} succeeded with {job.Cut} of {draft.Count} items, and not all of its chunks are done.");
                break;
            case JobState.Cancelled:
                Violation.Unless(job.CancelAsked, $"{draft.Id} is cancelled, and nobody asked.");
                break;
            default:
                coverage.Fire("job failed of " + view.Reason);
                Violation.Unless(
                    view.Reason == "too-many-errors" ? view.ItemsSkipped > draft.MaxErrors : job.HasFailedChunk,
                    $"{draft.Id} failed of {view.Reason}, for no reason.");
                break;
        }
    }

    private static void Compare(JobView view, PlainFold plain)
    {
        Violation.Unless(
            view.ItemsDone == plain.Items && view.ItemsSkipped == plain.Skipped,
            $"{view.Id} ({view.State}) covers {view.ItemsDone} items and {view.ItemsSkipped} skipped ones, the plain computation {plain.Items} and {plain.Skipped}.");
        var difference = plain.Difference(view.Aggregate);
        Violation.Unless(difference is null, $"{view.Id} ({view.State}) does not equal the plain computation: {difference}");
    }
}
