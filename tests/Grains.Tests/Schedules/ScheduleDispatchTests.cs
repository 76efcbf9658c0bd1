using System.Text;
using System.Text.Json;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>A queue's schedules together with its tasks: what one commit has in it.</summary>
public sealed class ScheduleDispatchTests
{
    private static readonly IReadOnlySet<long> None = new HashSet<long>();
    private readonly CoreRig rig = new();

    private IEnumerable<OccurrenceRow> Occurrences => rig.Store.Schedules.Occurrences.Values;

    [Fact]
    public void Fire_IsOneCommit_OfTaskOccurrenceAndNextTime()
    {
        rig.Node("n");
        Put("""{"every":"10s","task":{"cmd":"echo","env":{"A":"b"},"labels":{"team":"blue"},"secretEnv":{"S":"t"},"concurrency":{"key":"k","limit":2}}}""");
        var due = rig.Now + 10_000;
        Assert.Equal(due, rig.Core.NextTime);
        rig.Advance(10_000);

        var occurrence = Assert.Single(Occurrences);
        var task = rig[occurrence.Task!.Value];
        Assert.Equal(TaskState.Assigned, task.Row.State);
        Assert.Equal((due, due), (occurrence.At, occurrence.StartedAt));
        Assert.Equal(due + 10_000, Assert.Single(rig.Store.Schedules.Rows).Value.NextAt);
        Assert.Single(rig.Last.Writes);
        Assert.Single(rig.Last.Schedules.Occurrences);
        Assert.Equal([new Label("schedule", "s"), new Label("team", "blue")], task.Submission.Labels);
        using var spec = JsonDocument.Parse(task.Submission.Spec);
        var env = spec.RootElement.GetProperty("env");
        var time = DateTimeOffset.FromUnixTimeMilliseconds(due).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        Assert.Equal(("b", "s", time), (Text(env, "A"), Text(env, "SCHEDULE_ID"), Text(env, "SCHEDULE_TIME")));
        Assert.False(spec.RootElement.TryGetProperty("secretEnv", out _));
        Assert.Equal("""{"S":"t"}""", Encoding.UTF8.GetString(task.Submission.SecretEnv.Span));
        Assert.Equal(new TaskConcurrency("k", 2), task.Submission.Concurrency);
        Assert.Equal(rig.Now, task.Row.Id.CreatedAt);
    }

    [Fact]
    public void End_OfATask_StartsWhatWaited_InTheSameCommit()
    {
        rig.Node("n");
        Put("""{"every":"1s","overlap":"queueOne","task":{"cmd":"echo"}}""");
        rig.Advance(1_000);
        rig.Advance(1_000);
        rig.Restart();
        rig.Offer("n", 1);
        var first = Occurrences.First();

        rig.Exit(first.Task!.Value);

        Assert.Equal(1, rig.Rounds);
        Assert.Equal(TaskState.Succeeded, rig.Store.Schedules.Occurrences[first.No].State);
        var second = Occurrences.Last();
        Assert.Equal(OccurrenceOutcome.Started, second.Outcome);
        Assert.Equal(TaskState.Assigned, rig.State(second.Task!.Value));
    }

    [Fact]
    public void Retry_ByItself_KeepsTheOccurrenceOpen()
    {
        rig.Node("n");
        Put("""{"every":"10s","task":{"cmd":"echo","retry":{"maxAttempts":2,"backoff":"1m"}}}""");
        rig.Advance(10_000);
        var task = Occurrences.Single().Task!.Value;
        rig.Exit(task, 1);
        Assert.Equal(TaskState.Scheduled, rig.State(task));
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Skipped, Occurrences.Last().Outcome);
    }

    [Fact]
    public void LostCommit_IsMadeGoodByTheNextOwner_Once()
    {
        Put("""{"every":"10s","task":{"cmd":"echo"}}""");
        rig.Pass(10_000);
        rig.Lose(static (_, _) => { });
        Assert.Empty(rig.Store.Tasks);
        rig.Advance(0);
        rig.Restart();
        rig.Advance(0);
        Assert.Single(rig.Store.Tasks);
        Assert.Single(Occurrences);
    }

    [Fact]
    public void QueueFull_SkipsTheTime_AndRefusesATrigger()
    {
        Put("""{"every":"10s","task":{"cmd":"echo"}}""");
        rig.Submit();
        rig.Configure(QueueSettings.DefaultOf("default") with { MaxDepth = 1 });
        rig.Advance(10_000);
        Assert.Equal(SkipReason.QueueFull, Occurrences.Single().Reason);
        var reply = Ask(new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id(7) });
        Assert.Equal(ScheduleOutcome.QueueFull, reply.Outcome);
        Assert.InRange(reply.RetryAfter, 1_000, 60_000);
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Trigger_StartsTheNamedTask_AndARepetitionIsToldOfIt()
    {
        Put("""{"every":"10s","paused":true,"task":{"cmd":"echo"}}""");
        var request = new ScheduleRequest(ScheduleAction.Trigger, "s")
        {
            Task = Id(7),
            Idempotency = new IdempotencyEntry(new byte[] { 1 }, new byte[] { 2 }, default),
        };
        Assert.Equal((ScheduleOutcome.Done, Id(7)), (Ask(request).Outcome, Occurrences.Single().Task!.Value));

        var answer = ScheduleAnswer.Read(rig.Store.Idempotency.Values.Single().Answer.Span);
        Assert.Equal((ScheduleOutcome.Replayed, Id(7), "s"), (answer.Outcome, answer.Task!.Value, answer.Id));
    }

    [Fact]
    public async Task Trigger_ThatComesAgain_IsToldOfItsTask_WhileItRunsAndAfterItsEnd()
    {
        rig.Node("n");
        Put("""{"every":"10s","paused":true,"task":{"cmd":"echo"}}""");
        var request = new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id(7) };
        for (var call = 0; call < 3; call++)
        {
            var operation = new ScheduleOperation(request);
            var lookup = new Lookup();
            operation.Ask(lookup);
            if (rig.Store.Tasks.TryGetValue(Id(7), out var stored))
                lookup.Know(stored.Open);
            rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
            operation.Complete();

            var reply = await operation.Task;
            Assert.Equal((ScheduleOutcome.Done, Id(7)), (reply.Outcome, reply.Task!.Value));
            Assert.Single(Occurrences);
            if (call == 1)
                rig.Exit(Id(7));
        }
    }

    [Fact]
    public void Backfill_PastTimes_StartAsManyAsAsked()
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(rig.Now - 100_000).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        Put("{\"every\":\"10s\",\"paused\":true,\"startAt\":\"" + start + "\",\"task\":{\"cmd\":\"echo\"}}");
        var reply = Ask(new ScheduleRequest(ScheduleAction.Backfill, "s") { From = rig.Now - 100_000, To = rig.Now, Parallel = 3 });
        Assert.Equal((ScheduleOutcome.Done, 10, 0), (reply.Outcome, reply.Accepted, reply.LeftOut));
        Assert.Equal(3, rig.Store.Tasks.Count);
        rig.Restart();
        rig.Cancel(Occurrences.First().Task!.Value);
        Assert.Equal(4, rig.Store.Tasks.Count);
        Assert.Equal(6, Ask(new ScheduleRequest(ScheduleAction.CancelBackfill, "s")).Accepted);
        Assert.Equal(4, Occurrences.Count());
    }

    [Theory]
    [InlineData(ScheduleAction.Create, "", ScheduleOutcome.Conflict)]
    [InlineData(ScheduleAction.Put, ",\"version\":2", ScheduleOutcome.Conflict)]
    [InlineData(ScheduleAction.Put, ",\"version\":1", ScheduleOutcome.Done)]
    public void Put_OfAnotherVersion_ChangesNothing(ScheduleAction action, string version, ScheduleOutcome expected)
    {
        Put("""{"every":"10s","task":{"cmd":"echo"}}""");
        var reply = Ask(Body(action, "s", "{\"every\":\"20s\"" + version + ",\"task\":{\"cmd\":\"echo\"}}"));
        Assert.Equal(expected, reply.Outcome);
        rig.Restart();
        rig.Advance(10_000);
        Assert.Equal(expected == ScheduleOutcome.Done ? 0 : 1, Occurrences.Count());
    }

    [Fact]
    public void Delete_ForgetsTheSchedule_AndTheQueueMayGo()
    {
        Put("""{"every":"10s","task":{"cmd":"echo"}}""");
        rig.Advance(10_000);
        Assert.False(Retire());
        Assert.Equal(ScheduleOutcome.Done, Ask(new ScheduleRequest(ScheduleAction.Delete, "s")).Outcome);
        Assert.Empty(rig.Store.Schedules.Rows);
        Assert.Empty(Occurrences);
        Assert.Equal(ScheduleOutcome.NotFound, Ask(new ScheduleRequest(ScheduleAction.Delete, "s")).Outcome);
        Assert.False(Retire());
        rig.Cancel(rig.Store.Tasks.Keys.Single());
        rig.Restart();
        rig.Advance(60_000);
        Assert.Single(rig.Store.Tasks);
        Assert.True(Retire());
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static TaskId Id(ulong number) => new(number << 16, number);

    private static ScheduleRequest Body(ScheduleAction action, string id, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var errors = new Tasks.Spec.SpecErrors();
        var spec = ScheduleSpecReader.Read(body, 0, errors);
        Assert.True(errors.IsEmpty, string.Join(", ", errors.Items));
        return new ScheduleRequest(action, id) { Spec = spec!.CopyBody(body), SecretEnv = spec.CopySecrets(body) };
    }

    private void Put(string json) => Assert.Equal(ScheduleOutcome.Done, Ask(Body(ScheduleAction.Put, "s", json)).Outcome);

    private ScheduleReply Ask(ScheduleRequest request)
    {
        ScheduleReply? reply = null;
        rig.Round((core, draft) => reply = core.Schedules.Ask(request, None, rig.Now, draft));
        return reply!;
    }

    private bool Retire()
    {
        var isRetired = false;
        rig.Round((core, draft) => isRetired = core.TryRetire(draft));
        return isRetired;
    }
}
