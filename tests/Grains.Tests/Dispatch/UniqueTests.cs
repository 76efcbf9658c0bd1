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
            rig.Restart();

        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(second), rig[second].Row.Reason));
        Assert.Equal((TaskState.Running, TaskState.Scheduled), (rig.State(first), rig.State(third)));
        rig.End(rig.LeaseOf(first), EndReason.Cancelled);
        Assert.Equal((TaskState.Cancelled, EndReason.Replaced), (rig.State(first), rig[first].Row.Reason));
        Assert.Equal([third], rig.Started);
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
                rig.Restart();
            Assert.Equal(TaskState.Scheduled, rig.State(last));
        }

        rig.Advance((5 * Second) - 1);
        Assert.Equal(TaskState.Scheduled, rig.State(last));
        rig.Advance(1);
        Assert.Equal(TaskState.Assigned, rig.State(last));
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

    private ImmutableArray<SubmitReply> Apply(SubmitRequest[] requests)
    {
        var operation = new SubmitOperation([.. requests]);
        var lookup = new Lookup();
        foreach (var task in requests.SelectMany(static request => request.Tasks).Where(task => rig.Store.Tasks.ContainsKey(task.Id)))
            lookup.Know(rig[task.Id].Open);
        rig.Round((core, draft) => operation.Apply(core, lookup, rig.Now, draft));
        operation.Complete();
        return operation.Task.GetAwaiter().GetResult();
    }
}
