using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Concurrency keys: how many tasks with one key are at nodes, and which waits for which.</summary>
public sealed class ConcurrencyTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Key_OneAtATime_InOrder_OthersPass()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a");
        var second = Submit("a");
        var third = Submit("a");
        var other = Submit("b");
        var none = rig.Submit();

        AssertAssigned([first, other, none], waiting: [second, third]);
        rig.Exit(first);
        AssertAssigned([second], waiting: [third]);
        rig.Exit(second, 1);
        AssertAssigned([third], waiting: []);
    }

    [Fact]
    public void Key_OwnLimits_EachTaskBringsItsOwn()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a", limit: 3);
        var second = Submit("a", limit: 3);
        var alone = Submit("a", limit: 1);
        var behind = Submit("a", limit: 3);

        // Two of three run, but the one before it waits until none does.
        AssertAssigned([first, second], waiting: [alone, behind]);
        rig.Exit(first);
        AssertAssigned([], waiting: [alone, behind]);
        rig.Exit(second);
        AssertAssigned([alone, behind], waiting: []);
    }

    [Fact]
    public void Key_SmallLimitWaitsForItsNode_LargerOnesBehindItWaitForIt()
    {
        rig.Node("n", slots: 10);
        var picky = rig.Submit(requires: "zone=a", concurrency: new TaskConcurrency("a", 1));
        var behind = new[] { Submit("a", limit: 3), Submit("a", limit: 3) };

        // If one of them started, the first could start beside it once its node comes.
        AssertAssigned([], waiting: [picky, .. behind]);
        Assert.Equal("no-matching-node", rig.Core.Waits.Of(picky).Reasons[0].Code);
        rig.Node("z", labels: "zone=a");
        AssertAssigned([picky, .. behind], waiting: []);
    }

    [Fact]
    public void Key_StartLetsAnotherBecomeReady_GoesBeforeThoseOfLowerPriority()
    {
        var alone = Submit("a", limit: 1, priority: 9);
        var behind = rig.Submit(requires: "zone=a", priority: 8, concurrency: new TaskConcurrency("a", 2));
        var low = rig.Submit(priority: 1);

        rig.Node("n", slots: 2, labels: "zone=a");
        AssertAssigned([alone, behind], waiting: [low]);
    }

    [Fact]
    public void Key_HigherPriority_GoesFirst_AlsoPastOneThatWasReady()
    {
        var ready = Submit("a");
        var urgent = Submit("a", priority: 9);
        rig.Node("n", slots: 10);

        AssertAssigned([urgent], waiting: [ready]);
        rig.Exit(urgent);
        AssertAssigned([ready], waiting: []);
    }

    [Fact]
    public void Key_UrgentTaskWithASmallLimit_HoldsAllThatWereReady()
    {
        rig.Node("n", slots: 1);
        var running = Submit("a", limit: 3);
        var ready = new[] { Submit("a", limit: 3), Submit("a", limit: 3) };
        var urgent = Submit("a", limit: 1, priority: 9);

        rig.Offer("n", 10);
        AssertAssigned([running], waiting: [urgent, .. ready]);
        rig.Exit(running);
        AssertAssigned([urgent, .. ready], waiting: []);
    }

    [Fact]
    public void Key_PutBack_ComesFirstAgain()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a");
        var second = Submit("a");

        rig.Refuse(first);

        AssertAssigned([first], waiting: [second]);
        Assert.Equal(1, rig[first].Row.Attempt);
    }

    [Fact]
    public void Key_LostNode_NextStartsWhenTheLeaseIsOver()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a");
        var second = Submit("a");
        rig.Cancel(first);
        Assert.Equal(TaskState.Queued, rig.State(second));

        rig.Advance(rig.Lease);

        Assert.Equal(TaskState.Cancelled, rig.State(first));
        rig.Node("m", slots: 10);
        Assert.Equal(TaskState.Assigned, rig.State(second));
    }

    [Fact]
    public void Key_Backoff_LetsTheNextGo()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a", retry: new RetryPolicy(3, 1_000, 1_000, true));
        var second = Submit("a");

        rig.Exit(first, 1);

        AssertAssigned([second], waiting: []);
        rig.Advance(2_000);
        Assert.Equal(TaskState.Queued, rig.State(first));
        rig.Exit(second);
        AssertAssigned([first], waiting: []);
    }

    [Fact]
    public void Key_ParkedTaskIsCancelledOrExpires_TheNextTakesItsTurn()
    {
        rig.Node("n", slots: 10);
        var running = Submit("a");
        var cancelled = Submit("a");
        var expired = Submit("a", expiresAt: rig.Now + 500);
        var last = Submit("a");

        rig.Cancel(cancelled);
        rig.Advance(500);
        rig.Exit(running);

        Assert.Equal((TaskState.Cancelled, TaskState.Failed), (rig.State(cancelled), rig.State(expired)));
        AssertAssigned([last], waiting: []);
    }

    [Fact]
    public void Key_AfterARestart_RunningOnesCount_AndTheOrderIsKept()
    {
        rig.Node("n", slots: 10);
        var running = Submit("a");
        var second = Submit("a");
        var third = Submit("a");

        rig.Restart();
        rig.Offer("n", 10);

        AssertAssigned([running], waiting: [second, third]);
        rig.Exit(running);
        AssertAssigned([second], waiting: [third]);
    }

    [Fact]
    public void Key_RetriedByHand_WaitsBehindTheOthers()
    {
        rig.Node("n", slots: 10);
        var first = Submit("a");
        var second = Submit("a");
        var third = Submit("a");
        rig.Exit(first, 1);

        Assert.Equal(ControlOutcome.Changed, rig.Retry(first));

        rig.Exit(second);
        AssertAssigned([third], waiting: [first]);
    }

    [Fact]
    public void Key_WaitingTasks_AskForNoSlot()
    {
        rig.Node("n", slots: 8, credit: 0);
        for (var i = 0; i < 5; i++)
            Submit("a", limit: 2);

        Assert.Equal(2, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    [Fact]
    public void Why_KeyHolds_SaysHowManyWaitBeforeIt()
    {
        rig.Node("n", slots: 10);
        Submit("a");
        Submit("a");
        Submit("a", priority: 1);
        var last = Submit("a", priority: 1);

        var reason = Assert.Single(rig.Core.Waits.Of(last).Reasons);

        Assert.Equal(("concurrency-key", 2), (reason.Code, reason.Count));
    }

    [Fact]
    public void Why_ManyWait_IsCountedAndThenEstimated()
    {
        rig.Node("n", slots: 1);
        var tasks = Enumerable.Range(0, 10_000).Select(_ => rig.Submission(concurrency: new TaskConcurrency("a", 1))).ToArray();
        rig.Round((core, draft) => core.Accept(new SubmitRequest([.. tasks], null, null), null, rig.Now, draft));
        // All but the first that waits and the last one end: what the heap keeps of them must not count.
        foreach (var task in tasks[2..^1])
            rig.Cancel(task.Id);

        Assert.Equal(1, rig.Core.Waits.Of(tasks[^1].Id).Reasons[0].Count);
        rig.Exit(tasks[0].Id);
        rig.Exit(tasks[1].Id);
        Assert.Equal(TaskState.Assigned, rig.State(tasks[^1].Id));
    }

    [Fact]
    public void Key_ManyKeys_NoneIsKeptWhenItsTasksHaveEnded()
    {
        var table = new TaskTable();
        var gates = new ConcurrencyGates(table);
        var gate = gates.Acquire("a");
        Assert.Same(gate, gates.Acquire("a"));
        gates.Release(gate);
        gates.Release(gate);
        Assert.NotSame(gate, gates.Acquire("a"));
    }

    /// <summary>Random steps beside a plain rule: at each moment, who is at nodes and who could be.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Key_AnySteps_NeverMoreThanTheLimits_AndNobodyWaitsInVain(int seed)
    {
        var random = new Random(seed);
        var keys = new Dictionary<TaskId, (string Key, int Limit, int Priority)>();
        rig.Node("n", slots: 1_000);
        for (var step = 0; step < 600; step++)
        {
            var open = keys.Keys.Where(id => !rig.State(id).IsFinal()).ToArray();
            var id = open.Length > 0 ? open[random.Next(open.Length)] : default;
            switch (random.Next(8))
            {
                case 0 or 1 or 2:
                    var spec = (Key: "k" + random.Next(3), Limit: random.Next(1, 4), Priority: random.Next(4, 7));
                    keys.Add(Submit(spec.Key, spec.Limit, spec.Priority, new RetryPolicy(2, 100, 100, true)), spec);
                    break;
                case 3 when id != default && rig.State(id).IsLeased():
                    rig.Exit(id, random.Next(2));
                    break;
                case 4 when id != default:
                    rig.Cancel(id);
                    break;
                case 5 when id != default && rig.State(id) == TaskState.Running:
                    rig.Exit(id);
                    break;
                case 6:
                    rig.Advance(50);
                    rig.RenewByList("n", 1, [.. open.Where(other => rig.State(other).IsLeased()).Select(rig.LeaseOf)]);
                    break;
                case 7 when random.Next(10) == 0:
                    rig.Restart();
                    rig.Offer("n", 1_000);
                    break;
            }

            foreach (var group in keys.Where(pair => !rig.State(pair.Key).IsFinal()).GroupBy(pair => pair.Value.Key))
            {
                var leased = group.Count(pair => rig.State(pair.Key).IsLeased());
                var waiting = group.Where(pair => rig.State(pair.Key) == TaskState.Queued)
                    .OrderByDescending(pair => pair.Value.Priority).ThenBy(pair => rig[pair.Key].Row.Order).ToArray();
                // Those that the last round has started, in order: the others were at nodes before them.
                var started = rig.Started.Where(id => keys[id].Key == group.Key).ToArray();
                for (var i = 0; i < started.Length; i++)
                {
                    var before = leased - started.Length + i;
                    Assert.True(before < keys[started[i]].Limit, $"step {step}: {before} were at nodes, and {keys[started[i]]} was started.");
                }

                if (waiting.Length > 0)
                    Assert.True(leased >= waiting[0].Value.Limit, $"step {step}: {waiting[0]} waits, and {leased} are at nodes.");
            }
        }

        Assert.Contains(keys.Keys, id => rig.State(id) == TaskState.Succeeded);
    }

    private TaskId Submit(string key, int limit = 1, int priority = 5, RetryPolicy? retry = null, long expiresAt = 0) =>
        rig.Submit(priority, retry, expiresAt: expiresAt, concurrency: new TaskConcurrency(key, limit));

    private void AssertAssigned(TaskId[] assigned, TaskId[] waiting)
    {
        Assert.Equal(assigned.Select(static _ => TaskState.Assigned), assigned.Select(rig.State));
        Assert.Equal(waiting.Select(static _ => TaskState.Queued), waiting.Select(rig.State));
    }
}
