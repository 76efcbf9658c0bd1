using OrleansTasks.Feed;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// Schedules of data jobs through the whole core: what one commit has in it, and how overlap goes by jobs, whose ends
/// come from their grains.
/// </summary>
public sealed class ScheduledJobTests
{
    private const string Range = """
        "job":{"name":"j","source":{"range":{"from":0,"to":100}},"process":{"builtin":"square"},"aggregate":[{"op":"sum"}]}
        """;

    private readonly CoreRig rig = new();

    private IEnumerable<OccurrenceRow> Occurrences => rig.Store.Schedules.Occurrences.Values;

    [Fact]
    public void Fire_IsOneCommit_OfJobOccurrenceAndNextTime()
    {
        rig.Put("""
            {"every":"10s","job":{"name":"j","labels":{"team":"blue","a":"b"},"requires":{"zone":"x"},
              "source":{"command":{"cmd":"seq 9"}},"process":{"command":{"cmd":"cat"}},"aggregate":[{"op":"count"}]}}
            """);
        var due = rig.Now + 10_000;
        rig.Advance(10_000);

        var occurrence = Assert.Single(Occurrences);
        Assert.Equal(
            (due, due, null, null), (occurrence.At, occurrence.StartedAt, occurrence.Task, occurrence.Workflow));
        Assert.Equal(due + 10_000, Assert.Single(rig.Store.Schedules.Rows).Value.NextAt);
        var id = occurrence.Job!.Value;
        Assert.Equal((due, 0), (id.CreatedAt, rig.Store.Tasks.Count));
        Assert.Single(rig.Last.Schedules.Occurrences);
        Assert.Equal(id, Assert.Single(rig.Last.Jobs).Id);
        Assert.Equal([FeedEntry.OfJob(id, JobState.Running)], rig.Last.Events);
        // After the commit its grain is called, which cuts the chunks.
        Assert.Equal([id], rig.Last.StartedJobs);
        Assert.Empty(rig.Last.Chunks);

        var (_, state, submission) = rig.Store.Jobs.Rows[id];
        Assert.Equal((JobState.Running, "j"), (state, submission.Name));
        Label[] labels = [new("a", "b"), new("schedule", "s"), new("team", "blue")];
        Assert.Equal(labels, submission.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal));
        var time = DateTimeOffset.FromUnixTimeMilliseconds(due).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        var spec = JobSpecReader.ReadStored(submission.Spec.Span);
        EnvironmentVariable[] env = [new("SCHEDULE_ID", "s"), new("SCHEDULE_TIME", time)];
        Assert.Equal(env, spec.Env);
        Assert.Equal(JobHead.Of(spec).ToBytes(), submission.Head.ToArray());
        var source = TaskSpecReader.ReadStored(SourceTask.RequestOf(id, spec).Tasks[0].Spec.Span, default);
        Assert.Equal(env, source.Env);
    }

    [Fact]
    public void Chunk_CarriesTheVariablesOfItsOccurrence()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        rig.Node("n");
        var id = Occurrences.Single().Job!.Value;
        Ask(id, opens: true, chunks: [new ChunkPlan(1, 0, 100, default)]);

        var work = Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).Chunk!;
        Assert.Equal(["SCHEDULE_ID", "SCHEDULE_TIME"], work.Env.Select(static variable => variable.Name));
    }

    [Theory]
    [InlineData("skip", OccurrenceOutcome.Skipped)]
    [InlineData("queueOne", OccurrenceOutcome.Pending)]
    [InlineData("allow", OccurrenceOutcome.Started)]
    public void Overlap_GoesByTheJob_AlsoAfterARestart(string overlap, OccurrenceOutcome expected)
    {
        rig.Put("{\"every\":\"10s\",\"overlap\":\"" + overlap + "\"," + Range + "}");
        rig.Advance(10_000);
        var first = Occurrences.Single();
        rig.Restart();
        rig.Advance(10_000);
        Assert.Equal(expected, Occurrences.Last().Outcome);
        Assert.Null(rig.Store.Schedules.Occurrences[first.No].State);
    }

    [Theory]
    [InlineData(JobState.Succeeded, TaskState.Succeeded)]
    [InlineData(JobState.Failed, TaskState.Failed)]
    [InlineData(JobState.Cancelled, TaskState.Cancelled)]
    public void EndOfTheJob_StartsWhatWaited_InTheSameCommit(JobState end, TaskState expected)
    {
        rig.Put("{\"every\":\"10s\",\"overlap\":\"queueOne\"," + Range + "}");
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Restart();
        var first = Occurrences.First();
        var epoch = Ask(first.Job!.Value, opens: true).Epoch;
        Assert.Equal(OccurrenceOutcome.Pending, Occurrences.Last().Outcome);

        Assert.Equal(JobOutcome.Done, End(first.Job.Value, end, epoch).Outcome);

        Assert.Equal(1, rig.Rounds);
        Assert.Equal(expected, rig.Store.Schedules.Occurrences[first.No].State);
        var second = Occurrences.Last();
        Assert.Equal(OccurrenceOutcome.Started, second.Outcome);
        Assert.Equal((JobState.Running, 2), (rig.Store.Jobs.Rows[second.Job!.Value].State, rig.Store.Jobs.Rows.Count));
        // A grain that has heard nothing asks again: nothing is changed.
        Assert.Equal(JobOutcome.NotOpen, End(first.Job.Value, end, epoch).Outcome);
        Assert.Equal(2, Occurrences.Count());
    }

    [Fact]
    public void EndByAReplacedActivation_ChangesNothing()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        var id = Occurrences.Single().Job!.Value;
        var old = Ask(id, opens: true).Epoch;
        Ask(id, opens: true);
        Assert.Equal(JobOutcome.Fenced, End(id, JobState.Failed, old).Outcome);
        Assert.Null(Occurrences.Single().State);
    }

    [Fact]
    public void LostCommit_IsMadeGoodByTheNextOwner_Once()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Pass(10_000);
        rig.Lose(static (_, _) => { });
        Assert.Empty(rig.Store.Jobs.Rows);
        rig.Advance(0);
        rig.Restart();
        rig.Advance(0);
        Assert.Single(rig.Store.Jobs.Rows);
        Assert.Single(Occurrences);
    }

    [Fact]
    public void LostCommitOfTheEnd_LeavesTheOccurrenceOpen_UntilTheGrainEndsTheJobAgain()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        var id = Occurrences.Single().Job!.Value;
        var epoch = Ask(id, opens: true).Epoch;
        rig.Lose((core, draft) => core.AskJob(Final(id, JobState.Succeeded, epoch), null, rig.Now, draft));
        Assert.Equal(JobOutcome.Fenced, End(id, JobState.Succeeded, epoch).Outcome);
        Assert.Null(Occurrences.Single().State);
        epoch = Ask(id, opens: true).Epoch;
        End(id, JobState.Succeeded, epoch);
        Assert.Equal(TaskState.Succeeded, Occurrences.Single().State);
    }

    [Fact]
    public void FullQueue_StartsJobs_AsPostDoes()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Configure(QueueSettings.DefaultOf("default") with { MaxDepth = 1 });
        rig.Submit();
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Started, Assert.Single(Occurrences).Outcome);
    }

    [Fact]
    public async Task Trigger_ThatComesAgain_IsToldOfItsJob_WhileItRunsAndAfterItsEnd()
    {
        rig.Put("{\"every\":\"10s\",\"paused\":true," + Range + "}");
        var request = new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id(7) };
        for (var call = 0; call < 3; call++)
        {
            var operation = new ScheduleOperation(request);
            var lookup = new Lookup();
            operation.Ask(lookup);
            if (rig.Store.Jobs.Rows.ContainsKey(Id(7)))
                lookup.KnowJob(Id(7));
            rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
            operation.Complete();

            var reply = await operation.Task;
            Assert.Equal((ScheduleOutcome.Done, Id(7)), (reply.Outcome, reply.Task!.Value));
            Assert.Equal(Id(7), Assert.Single(Occurrences).Job);
            if (call == 1)
                End(Id(7), JobState.Cancelled, Ask(Id(7), opens: true).Epoch);
        }
    }

    [Fact]
    public void Backfill_StartsAsManyJobsAsAsked()
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(rig.Now - 30_000).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        rig.Put("{\"every\":\"10s\",\"paused\":true,\"startAt\":\"" + start + "\"," + Range + "}");
        var reply = rig.Ask(
            new ScheduleRequest(ScheduleAction.Backfill, "s") { From = rig.Now - 30_000, To = rig.Now, Parallel = 1 });
        Assert.Equal((ScheduleOutcome.Done, 3), (reply.Outcome, reply.Accepted));
        var first = Occurrences.First().Job!.Value;
        Assert.Equal([first], rig.Store.Jobs.Rows.Keys);
        End(first, JobState.Failed, Ask(first, opens: true).Epoch);
        Assert.Equal([TaskState.Failed, null, null], Occurrences.Select(static row => row.State));
        Assert.Equal(2, rig.Store.Jobs.Rows.Count);
    }

    [Fact]
    public void Delete_LeavesTheJob_WhoseEndConcernsNobody()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        var id = Occurrences.Single().Job!.Value;
        rig.Ask(new ScheduleRequest(ScheduleAction.Delete, "s"));
        Assert.Empty(Occurrences);
        End(id, JobState.Succeeded, Ask(id, opens: true).Epoch);
        Assert.Equal(JobState.Succeeded, rig.Store.Jobs.Rows[id].State);
        Assert.Empty(Occurrences);
    }

    [Fact]
    public void JobThatCannotBeRead_KeepsItsOccurrenceOpen_UntilTheScheduleIsMadeAnew()
    {
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        // The next owner leaves out a job that it cannot read.
        rig.Store.Jobs.Rows.Remove(Occurrences.Single().Job!.Value);
        rig.Restart();
        rig.Advance(10_000);
        Assert.Equal((OccurrenceOutcome.Skipped, null), (Occurrences.Last().Outcome, Occurrences.First().State));
        rig.Ask(new ScheduleRequest(ScheduleAction.Delete, "s"));
        rig.Put("{\"every\":\"10s\"," + Range + "}");
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Started, Assert.Single(Occurrences).Outcome);
    }

    private static TaskId Id(ulong number) => new(number << 16, number);

    private static JobRequest Final(TaskId id, JobState state, long epoch) => new(
        id, epoch, Opens: false,
        new JobWrite(state, 1, 2, 0, false, null, ReadOnlyMemory<byte>.Empty, null, []), Chunks: [],
        StopsChunks: false, Idempotency: null, Window: 0);

    private JobReply End(TaskId id, JobState state, long epoch) => Ask(Final(id, state, epoch));

    private JobReply Ask(TaskId id, bool opens, ImmutableArray<ChunkPlan>? chunks = null) => Ask(new JobRequest(
        id, Epoch: 0, opens, Write: null, chunks ?? [], StopsChunks: false, Idempotency: null, Window: 0));

    private JobReply Ask(JobRequest request)
    {
        JobReply? reply = null;
        rig.Round((core, draft) => reply = core.AskJob(request, null, rig.Now, draft));
        return reply!;
    }
}
