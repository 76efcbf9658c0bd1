using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Unique keys: which new tasks are refused, join or replace others, and when debounced ones start.</summary>
public sealed class UniqueTests
{
    private const long Second = 1_000;

    private readonly CoreRig rig = new();

    [Theory]
    [InlineData(UniqueWhile.Open)]
    [InlineData(UniqueWhile.Queued)]
    public void Refuse_AKeyThatIsHeld_NamesTheHolder_UntilItEnds(UniqueWhile during)
    {
        var first = Accept("a", during);

        Assert.Equal((SubmitOutcome.NotUnique, first), Ask("a", during));
        Assert.Equal(SubmitOutcome.Accepted, Ask("b", during).Outcome);
        rig.Node("n", slots: 1);
        rig.Start(first);
        Assert.Equal(during == UniqueWhile.Open ? SubmitOutcome.NotUnique : SubmitOutcome.Accepted, Ask("a", during).Outcome);
        rig.Exit(first);
        Assert.Equal(during == UniqueWhile.Open ? SubmitOutcome.Accepted : SubmitOutcome.NotUnique, Ask("a", during).Outcome);
    }

    [Fact]
    public void Refuse_ManyInOneRound_ExactlyOneIsAccepted()
    {
        SubmitRequest[] requests = [.. Enumerable.Range(0, 50).Select(_ => Request("a", UniqueWhile.Open, UniqueThen.Refuse))];

        var replies = Apply(requests);

        Assert.Equal(SubmitOutcome.Accepted, replies[0].Outcome);
        Assert.All(replies.Skip(1), reply => Assert.Equal((SubmitOutcome.NotUnique, requests[0].Tasks[0].Id), (reply.Outcome, reply.Holder)));
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Join_ManyInOneRound_JoinTheFirst()
    {
        SubmitRequest[] requests = [.. Enumerable.Range(0, 50).Select(_ => Request("a", UniqueWhile.Open, UniqueThen.Join))];

        var replies = Apply(requests);

        Assert.Equal(SubmitOutcome.Accepted, replies[0].Outcome);
        Assert.All(replies.Skip(1), reply => Assert.Equal((SubmitOutcome.Joined, requests[0].Tasks[0].Id), (reply.Outcome, reply.Holder)));
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Replace_ManyInOneRound_TheLastOneRemains()
    {
        SubmitRequest[] requests = [.. Enumerable.Range(0, 50).Select(_ => Request("a", UniqueWhile.Open, UniqueThen.Replace))];

        Assert.All(Apply(requests), reply => Assert.Equal(SubmitOutcome.Accepted, reply.Outcome));

        Assert.Equal(TaskState.Queued, rig.State(requests[^1].Tasks[0].Id));
        Assert.All(requests.SkipLast(1), request => Assert.Equal(
            (TaskState.Cancelled, EndReason.Replaced), (rig.State(request.Tasks[0].Id), rig[request.Tasks[0].Id].Row.Reason)));
    }

    [Fact]
    public void Join_AHolder_AddsNothing()
    {
        var first = Accept("a", then: UniqueThen.Join);

        Assert.Equal((SubmitOutcome.Joined, first), Ask("a", then: UniqueThen.Join));
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Join_AHolderThatIsBeingCancelled_WaitsForItsEnd()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Join);
        rig.Start(first);
        rig.Cancel(first);

        var second = Accept("a", then: UniqueThen.Join);

        Assert.Equal(TaskState.Scheduled, rig.State(second));
        rig.End(rig.LeaseOf(first), EndReason.Cancelled);
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal([second], rig.Started);
    }

    [Fact]
    public void Replace_AQueuedHolder_EndsItInTheSameCommit()
    {
        var first = Accept("a", then: UniqueThen.Replace);

        var second = Accept("a", then: UniqueThen.Replace);

        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal(TaskState.Queued, rig.State(second));
        Assert.Equal(2, rig.Last.Writes.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Replace_ARunningHolder_TheNewOneStartsWhenItHasEnded(bool isRestarted)
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);

        var second = Accept("a", then: UniqueThen.Replace);
        var third = Accept("a", then: UniqueThen.Replace);
        if (isRestarted)
        {
            rig.Restart();
            rig.Offer("n", 5);
        }

        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(second), rig[second].Row.Reason));
        Assert.Equal((TaskState.Running, TaskState.Scheduled), (rig.State(first), rig.State(third)));
        rig.End(rig.LeaseOf(first), EndReason.Cancelled);
        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal([third], rig.Started);
    }

    [Fact]
    public void Replace_ARunningHolder_ItIsReplaced_EvenIfTheNewOneIsCancelledFirst()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        var second = Accept("a", then: UniqueThen.Replace);
        rig.Cancel(second);
        rig.End(rig.LeaseOf(first), EndReason.Cancelled);

        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled), (rig.State(second), rig[second].Row.Reason));
    }

    [Fact]
    public void Replace_ARunningHolder_ThatEndsBeforeANewOwnerHasReadTheNewOne_IsReplaced()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        var second = Accept("a", then: UniqueThen.Replace);

        rig.RestartUnread(first);
        var draft = new CommitDraft();
        var result = CoreRig.Result(rig.LeaseOf(first), EndReason.Cancelled);
        rig.Core.Reports.Take(new NodeReport("n", 1, [], [result], [], null), rig.Now, draft);

        var row = Assert.Single(draft.Writes).Row;
        Assert.Equal((first, TaskState.Cancelled, EndReason.Replaced), (row.Id, row.State, row.Reason));
        Assert.Equal(TaskState.Scheduled, rig.State(second));
    }

    [Fact]
    public void Replace_AHolderThatAUserHasCancelled_KeepsItsReason()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        rig.Cancel(first);
        var second = Accept("a", then: UniqueThen.Replace);
        rig.End(rig.LeaseOf(first), EndReason.Cancelled);

        Assert.Equal(EndReason.Cancelled, rig[first].Row.Reason);
        Assert.Equal([second], rig.Started);
    }

    [Fact]
    public void Replace_ARunningHolder_ThatSucceedsAllTheSame_HasSucceeded()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        var second = Accept("a", then: UniqueThen.Replace);
        rig.Exit(first);

        Assert.Equal((TaskState.Succeeded, EndReason.Exit), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal([second], rig.Started);
    }

    [Fact]
    public void Replace_ARunningHolder_ThatFailsByItself_IsReplaced()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        var second = Accept("a", then: UniqueThen.Replace);
        rig.Exit(first, 1);

        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal([second], rig.Started);
    }

    [Fact]
    public void Replace_ATaskThatItWaitsFor_WaitsOnce()
    {
        rig.Node("n", slots: 5);
        var first = Accept("a", then: UniqueThen.Replace);
        rig.Start(first);
        var request = Request("a", UniqueWhile.Open, UniqueThen.Replace);
        ImmutableArray<TaskDependency> after = [new TaskDependency(first, EndCondition.Ended)];

        Apply([request with { Tasks = [request.Tasks[0] with { After = after }] }]);

        Assert.Equal(after, rig[request.Tasks[0].Id].Submission.After!.Value);
    }

    [Fact]
    public void Replace_InAFullQueue_TakesThePlaceOfAWaitingTask()
    {
        rig.Configure(QueueSettings.DefaultOf(rig.Queue) with { MaxDepth = 1 });
        var first = Accept("a", then: UniqueThen.Replace);

        var second = Accept("a", then: UniqueThen.Replace);

        Assert.Equal((TaskState.Cancelled, TaskState.Queued), (rig.State(first), rig.State(second)));
        Assert.Equal(SubmitOutcome.QueueFull, Ask("b", then: UniqueThen.Replace).Outcome);
    }

    [Fact]
    public void Join_RepeatedWithItsIdempotencyKey_GivesTheSameTask_ThoughItHasEnded()
    {
        rig.Node("n", slots: 1);
        var first = Accept("a", then: UniqueThen.Join);
        rig.Start(first);
        var request = Request("a", UniqueWhile.Open, UniqueThen.Join) with
        {
            Idempotency = new IdempotencyEntry(new byte[] { 1 }, new byte[] { 2 }, new byte[] { 3 }),
        };
        Assert.Equal(SubmitOutcome.Joined, Apply([request])[0].Outcome);
        var stored = Assert.Single(rig.Last.Idempotency);
        rig.Exit(first);

        var own = Apply([request], stored)[0];
        var again = Apply([request with { Tasks = [rig.Submission() with { Unique = request.Tasks[0].Unique }] }], stored)[0];

        Assert.Equal((SubmitOutcome.Joined, first, true), (own.Outcome, own.Holder, own.Answer.IsEmpty));
        Assert.Equal((SubmitOutcome.Joined, first, false), (again.Outcome, again.Holder, again.Answer.IsEmpty));
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Join_TwiceInOneRoundWithOneIdempotencyKey_PostponesOnce()
    {
        var first = Arrive(UniqueThen.Join);
        rig.Pass(5 * Second);
        var request = Request("a", UniqueWhile.Queued, UniqueThen.Join, 10 * Second, 30 * Second) with
        {
            Idempotency = new IdempotencyEntry(new byte[] { 1 }, new byte[] { 2 }, new byte[] { 3 }),
        };

        var replies = Apply([request, request]);

        Assert.All(replies, reply => Assert.Equal((SubmitOutcome.Joined, first), (reply.Outcome, reply.Holder)));
        Assert.Single(rig.Last.Idempotency);
    }

    [Fact]
    public void Key_AfterARestart_IsHeldAsBefore()
    {
        rig.Node("n", slots: 1);
        var (running, waiting) = (Accept("a"), Accept("b"));
        rig.Start(running);

        rig.Restart();

        Assert.Equal((SubmitOutcome.NotUnique, running), Ask("a"));
        Assert.Equal((SubmitOutcome.NotUnique, waiting), Ask("b"));
    }

    [Fact]
    public void Repeated_ARequestThatWasAccepted_IsNotItsOwnHolder()
    {
        var request = Request("a", UniqueWhile.Open, UniqueThen.Refuse);
        Apply([request]);

        Assert.Equal(SubmitOutcome.Accepted, Apply([request with { Repeated = true }])[0].Outcome);
        Assert.Single(rig.Store.Tasks);
    }

    [Fact]
    public void Retry_WhileAnotherTaskHoldsTheKey_IsRefused()
    {
        rig.Node("n", slots: 1);
        var first = Accept("a");
        rig.Start(first);
        rig.Exit(first, 1);
        var second = Accept("a");

        Assert.Equal(ControlOutcome.NotRetryable, rig.Retry(first));
        rig.Start(second);
        rig.Exit(second);
        Assert.Equal(ControlOutcome.Changed, rig.Retry(first));
    }

    [Theory]
    [InlineData(UniqueThen.Join)]
    [InlineData(UniqueThen.Replace)]
    public void Debounce_ArrivalsInARow_StartOnceAfterTheLastOne(UniqueThen then)
    {
        rig.Node("n", slots: 5);
        var last = Arrive(then, 100 * Second);
        for (var arrivals = 0; arrivals < 3; arrivals++)
        {
            rig.Advance(9 * Second);
            Assert.Empty(rig.Started);
            last = Arrive(then, 100 * Second);
        }

        rig.Advance((10 * Second) - 1);
        Assert.Empty(rig.Started);
        rig.Advance(1);
        Assert.Equal([last], rig.Started);
        Assert.Equal(then == UniqueThen.Join ? 1 : 4, rig.Store.Tasks.Count);
    }

    [Theory]
    [InlineData(UniqueThen.Join, false)]
    [InlineData(UniqueThen.Replace, false)]
    [InlineData(UniqueThen.Join, true)]
    [InlineData(UniqueThen.Replace, true)]
    public void Debounce_ArrivalsWithoutEnd_StartAtTheMaximumAfterTheFirst(UniqueThen then, bool isRestarted)
    {
        rig.Node("n", slots: 5);
        var (began, last) = (rig.Now, Arrive(then));
        while (rig.Now - began < 25 * Second)
        {
            rig.Advance(5 * Second);
            last = Arrive(then);
            if (isRestarted)
            {
                rig.Restart();
                rig.Offer("n", 5);
            }

            Assert.Equal(TaskState.Scheduled, rig.State(last));
        }

        rig.Advance((5 * Second) - 1);
        Assert.Equal(TaskState.Scheduled, rig.State(last));
        rig.Advance(1);
        Assert.Equal(TaskState.Assigned, rig.State(last));
    }

    [Fact]
    public void Debounce_AShorterOneThatJoins_DoesNotMoveTheTaskForward()
    {
        var first = Arrive(UniqueThen.Join);
        var due = rig[first].Row.DueAt;

        Apply([Request("a", UniqueWhile.Queued, UniqueThen.Join, Second, 2 * Second)]);

        Assert.Equal(due, rig[first].Row.DueAt);
    }

    [Fact]
    public void Debounce_AfterTheClockWasSetBack_WaitsNoLongerThanItsPause()
    {
        var first = Arrive(UniqueThen.Join);
        rig.SetClock(-3_600 * Second);

        Arrive(UniqueThen.Join);

        Assert.Equal(rig.Now + (10 * Second), rig[first].Row.DueAt);
        rig.Advance(10 * Second);
        Assert.Equal(TaskState.Queued, rig.State(first));
    }

    [Theory]
    [InlineData(UniqueThen.Join, false)]
    [InlineData(UniqueThen.Replace, false)]
    [InlineData(UniqueThen.Join, true)]
    [InlineData(UniqueThen.Replace, true)]
    public void Debounce_AfterTheClockWasSetBack_StartsAfterItsPause_ThoughNoOtherArrives(UniqueThen then, bool isRestarted)
    {
        rig.Node("n", slots: 5);
        Arrive(then);
        rig.Advance(5 * Second);
        var last = Arrive(then);

        if (isRestarted)
            Restart(-3_600 * Second);
        else
            rig.SetClock(-3_600 * Second);

        rig.Round();
        Assert.Equal(rig.Now + (10 * Second), rig[last].Row.DueAt);
        rig.Advance((10 * Second) - 1);
        Assert.Equal(TaskState.Scheduled, rig.State(last));
        rig.Advance(1);
        Assert.Equal([last], rig.Started);
    }

    [Fact]
    public void Debounce_AfterTheClockWasSetBack_StartsAfterItsPause_ThoughItWaitedForARunningOne()
    {
        rig.Node("n", slots: 5);
        var running = Accept("a", then: UniqueThen.Replace);
        rig.Start(running);
        var request = Request("a", UniqueWhile.Open, UniqueThen.Replace, 10 * Second, 30 * Second);
        Apply([request]);

        rig.SetClock(-3_600 * Second);
        rig.End(rig.LeaseOf(running), EndReason.Cancelled);

        Assert.Empty(rig.Started);
        rig.Advance(10 * Second);
        Assert.Equal([request.Tasks[0].Id], rig.Started);
    }

    [Theory]
    [InlineData(UniqueThen.Join, false)]
    [InlineData(UniqueThen.Replace, false)]
    [InlineData(UniqueThen.Join, true)]
    [InlineData(UniqueThen.Replace, true)]
    public void Debounce_ArrivalsWithoutEndAfterTheClockWasSetBack_StartAtTheMaximumAfterTheFirstOfThem(
        UniqueThen then, bool isRestarted)
    {
        rig.Node("n", slots: 5);
        Arrive(then);
        if (isRestarted)
            Restart(-3_600 * Second);
        else
            rig.SetClock(-3_600 * Second);

        var (began, last) = (rig.Now, Arrive(then));
        while (rig.Now - began < 25 * Second)
        {
            rig.Advance(5 * Second);
            last = Arrive(then);
        }

        rig.Advance((5 * Second) - 1);
        Assert.Equal(TaskState.Scheduled, rig.State(last));
        rig.Advance(1);
        Assert.Equal([last], rig.Started);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RunAt_OfATaskWithAUniqueKey_AfterTheClockWasSetBack_DoesNotMove(bool isRestarted)
    {
        var request = Request("a", UniqueWhile.Open, UniqueThen.Join);
        var (task, runAt) = (request.Tasks[0], rig.Now + (10 * Second));
        Apply([request with { Tasks = [task with { RunAt = runAt }] }]);

        if (isRestarted)
            Restart(-3_600 * Second);
        else
            rig.SetClock(-3_600 * Second);

        rig.Advance(3_600 * Second);
        Assert.Equal((TaskState.Scheduled, runAt), (rig.State(task.Id), rig[task.Id].Row.DueAt));
        rig.Advance(10 * Second);
        Assert.Equal(TaskState.Queued, rig.State(task.Id));
    }

    [Fact]
    public void Debounce_ReplacesOneThatWaitsForASlot_KeepsTheFirstArrival()
    {
        var began = rig.Now;
        var first = Arrive(UniqueThen.Replace, 15 * Second);
        rig.Advance(13 * Second);
        Assert.Equal(TaskState.Queued, rig.State(first));

        var second = Arrive(UniqueThen.Replace, 15 * Second);

        Assert.Equal(began + (15 * Second), rig[second].Row.DueAt);
    }

    [Fact]
    public void Debounce_ReplacesOneThatWaitsForARunningOne_KeepsTheFirstArrival()
    {
        rig.Node("n", slots: 5);
        var running = Accept("a", then: UniqueThen.Replace);
        rig.Start(running);
        var began = rig.Now;
        Replace();
        // The first one's time has come, but the running task has not ended.
        rig.Advance(2_500);

        var last = Replace();

        Assert.Equal(began + (3 * Second), rig[last].Row.DueAt);
        rig.Advance(Second);
        Assert.Equal(TaskState.Scheduled, rig.State(last));
        rig.End(rig.LeaseOf(running), EndReason.Cancelled);
        Assert.Equal([last], rig.Started);

        TaskId Replace()
        {
            var request = Request("a", UniqueWhile.Open, UniqueThen.Replace, 2 * Second, 3 * Second);
            Apply([request]);
            return request.Tasks[0].Id;
        }
    }

    [Fact]
    public void Debounce_ReplacesATaskThatAUserHasRetried_BeginsAnew()
    {
        var first = Arrive(UniqueThen.Replace);
        rig.Cancel(first);
        rig.Advance(3_600 * Second);
        Assert.Equal(ControlOutcome.Changed, rig.Retry(first));

        var second = Arrive(UniqueThen.Replace);

        Assert.Equal(rig.Now + (10 * Second), rig[second].Row.DueAt);
    }

    /// <summary>The queue moves to a silo whose clock differs.</summary>
    private void Restart(long by)
    {
        rig.Pass(by);
        rig.Restart();
        rig.Offer("n", 5);
    }

    private TaskId Arrive(UniqueThen then, long most = 30 * Second)
    {
        var request = Request("a", UniqueWhile.Queued, then, 10 * Second, most);
        return Apply([request])[0].Holder ?? request.Tasks[0].Id;
    }

    private TaskId Accept(string key, UniqueWhile during = UniqueWhile.Open, UniqueThen then = UniqueThen.Refuse)
    {
        var request = Request(key, during, then);
        Assert.Equal(SubmitOutcome.Accepted, Apply([request])[0].Outcome);
        return request.Tasks[0].Id;
    }

    private (SubmitOutcome Outcome, TaskId? Holder) Ask(
        string key, UniqueWhile during = UniqueWhile.Open, UniqueThen then = UniqueThen.Refuse)
    {
        var reply = Apply([Request(key, during, then)])[0];
        return (reply.Outcome, reply.Holder);
    }

    private SubmitRequest Request(
        string key, UniqueWhile during, UniqueThen then, long debounce = 0, long most = 0) =>
        new([rig.Submission() with { Unique = new TaskUnique(key, during, then) { Debounce = debounce, DebounceMax = most } }], null, null);

    private ImmutableArray<SubmitReply> Apply(SubmitRequest[] requests, IdempotencyEntry? stored = null)
    {
        var operation = new SubmitOperation([.. requests]);
        var lookup = new Lookup();
        if (stored is not null)
            lookup.Remember(stored);
        var asked = requests.SelectMany(static request => request.Tasks)
            .SelectMany(static task => (task.After ?? []).Select(static one => one.Task).Append(task.Id));
        foreach (var id in asked.Where(rig.Store.Tasks.ContainsKey))
            lookup.Know(rig[id].Open);
        rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
        operation.Complete();
        return operation.Task.GetAwaiter().GetResult();
    }
}
