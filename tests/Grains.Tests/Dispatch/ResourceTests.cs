using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>How a queue places tasks that ask for resources.</summary>
public sealed class ResourceTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Task_WithResources_StartsOnlyOnALeaseThatHasThem()
    {
        rig.Node("n", slots: 4, credit: 4, resources: "cpu=4000 gpu=2");
        var asks = rig.Submit(resources: "gpu=1");
        var plain = rig.Submit();

        Assert.Equal((TaskState.Queued, TaskState.Assigned), (rig.State(asks), rig.State(plain)));

        var command = Assert.Single(rig.Offer("n", 1, shape: "gpu=1").Commands.Single().Start);

        Assert.Equal((asks, ResourceVector.Parse("gpu=1")), (command.Lease.Task, command.Resources!));
    }

    [Fact]
    public void TaskWithPin_GoesOnlyToNodesThatGiveCores_AndWhySaysSo()
    {
        // A worker of an earlier version would run it on all cores.
        rig.Node("old", slots: 4, credit: 0, resources: "cpu=4000");
        var id = rig.Submit(limits: Limits.Pins, resources: "cpu=2000");
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        var why = Assert.Single(rig.Core.Waits.Of(id).Reasons);
        Assert.Equal("no-matching-node", why.Code);
        Assert.Contains("gives tasks cores of their own", why.Detail, StringComparison.Ordinal);

        rig.Node("new", slots: 4, credit: 0, enforces: Limits.Pins, resources: "cpu=4000");

        Assert.Equal("new", Assert.Single(rig.Core.TakeDemands(rig.Now)).Node);
        rig.Offer("old", 1, shape: "cpu=2000");
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Offer("new", 1, shape: "cpu=2000");
        Assert.Equal("new", rig[id].Row.Node);
    }

    [Fact]
    public void Demand_ForATaskWithResources_NamesThem_AndGoesOnlyToNodesThatOfferThem()
    {
        rig.Node("small", slots: 4, credit: 0, resources: "cpu=1000");
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        rig.SubmitMany(9, resources: "cpu=2000");

        var (node, demand) = Assert.Single(rig.Core.TakeDemands(rig.Now));

        // More than two never fit at a time.
        Assert.Equal(("n", 2, ResourceVector.Parse("cpu=2000")), (node, demand.Count, demand.Shape!));
    }

    [Fact]
    public void Demand_TasksWithResourcesAreGone_IsWithdrawn()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        var asks = rig.Submit(resources: "cpu=2000");
        rig.Submit();
        Assert.Equal(2, rig.Core.TakeDemands(rig.Now).Count);

        rig.Cancel(asks);

        var demand = Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Shape is not null).Demand;
        Assert.Equal(0, demand.Count);
    }

    [Fact]
    public void Demand_AfterALongWait_ReservesOnOneNode()
    {
        rig.Node("m", slots: 4, credit: 0, resources: "cpu=4000");
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        rig.Submit(resources: "cpu=4000");
        Assert.DoesNotContain(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves);

        rig.Pass((long)rig.Options.ReserveAfter.TotalMilliseconds);

        Assert.Equal("m", Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves).Node);
    }

    [Fact]
    public void Demand_AfterALongWait_ReservesAlthoughTheClockWasSetBack()
    {
        var wait = (long)rig.Options.ReserveAfter.TotalMilliseconds;
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        rig.Submit(resources: "cpu=4000");
        rig.Pass(wait - 1_000);
        rig.SetClock(-3_600_000);
        Assert.DoesNotContain(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves);
        // This task was submitted later but has an earlier time by the clock.
        rig.Submit(resources: "cpu=4000", lasts: 4096);

        rig.Pass(1_000);

        Assert.Equal("n", Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves).Node);
    }

    [Fact]
    public void Demand_RestartAfterTheClockWasSetBack_ReservesAsIfTheWaitBeganThen()
    {
        var wait = (long)rig.Options.ReserveAfter.TotalMilliseconds;
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        rig.Submit(resources: "cpu=4000");
        rig.Pass(-3_600_000);
        rig.Restart();
        Assert.DoesNotContain(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves);

        rig.Pass(wait);

        Assert.Equal("n", Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Reserves).Node);
    }

    // A node's grain keeps one demand for each shape. If each group had one of its own, they would replace each other in
    // every round; a node that answers with an offer begins the next round.
    [Theory]
    [InlineData(0)]
    [InlineData(30_000)]
    public void Demand_TwoGroupsWithTheSameResources_IsOne_AndIsNotRepeated(long waited)
    {
        rig.Node("n", slots: 4, credit: 0, resources: "gpu=4", labels: "zone=a");
        rig.SubmitMany(2, resources: "gpu=1");
        rig.Submit(resources: "gpu=1", lasts: 4096, requires: "zone=a");
        rig.Pass(waited);

        var demands = rig.Core.TakeDemands(rig.Now).Concat(rig.Core.TakeDemands(rig.Now)).ToArray();

        var demand = Assert.Single(demands).Demand;
        Assert.Equal((3, 4096, waited > 0), (demand.Count, demand.Lasts, demand.Reserves));
    }

    [Fact]
    public void Reclaim_OfALeaseWithResources_KeepsWhatIsInUse()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        var first = rig.Submit(resources: "cpu=2000");
        rig.Offer("n", 2, shape: "cpu=2000");
        rig.Start(first);
        SlotReturn? answer = null;

        rig.Round((core, _) => answer = core.Relations.Reclaim(
            new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 99, 0) { Shape = ResourceVector.Parse("cpu=2000") }));

        Assert.Equal((1, 0, ResourceVector.Parse("cpu=2000")), (answer!.Kept, answer.Wanted, answer.Shape!));
        var second = rig.Submit(resources: "cpu=2000");
        Assert.Equal(TaskState.Queued, rig.State(second));
    }

    [Fact]
    public void Restart_LeasesWithResources_CountAsTheyDid()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        var first = rig.Submit(resources: "cpu=4000");
        rig.Offer("n", 1, shape: "cpu=4000");
        Assert.Equal(TaskState.Assigned, rig.State(first));
        rig.Submit(resources: "cpu=4000");

        rig.Restart();

        var demand = Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Shape is not null).Demand;
        Assert.Equal((1, 1), (demand.Held, demand.Count));
    }

    [Fact]
    public void Rooms_OfManyShapes_AreForgottenWhenIdle_AndALateOfferDoesNotBringThemBack()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        var late = new SlotOffer(CoreRig.Key, rig.Core.Epoch, "n", 1, 1, 1) { Shape = ResourceVector.Parse("cpu=1") };
        rig.Round((core, _) => core.Relations.Reclaim(late with { Version = 2, Limit = 0 }));
        for (var i = 2; i <= 300; i++)
        {
            var other = rig.Submit(resources: $"cpu={i}");
            Assert.Single(rig.Core.TakeDemands(rig.Now));
            rig.Cancel(other);
            rig.Core.TakeDemands(rig.Now);
            rig.Pass(100);
            Assert.Single(rig.Core.TakeDemands(rig.Now));
        }

        var task = rig.Submit(resources: "cpu=1");

        rig.Round((core, _) => core.Relations.Offer(late));

        Assert.Equal(TaskState.Queued, rig.State(task));
        rig.Round((core, _) => core.Relations.Offer(late with { Version = 3 }));
        Assert.Equal(TaskState.Assigned, rig.State(task));
    }

    [Theory]
    [InlineData(
        "cpu=4000 memory=8589934592", "memory=17179869184",
        "offers only 8 GiB of the 16 GiB of memory that the task needs.")]
    [InlineData("cpu=4000", "gpu=1", "offers no gpu (the task needs 1).")]
    [InlineData("gpu=2", "gpu=4", "offers only 2 of the 4 gpu that the task needs.")]
    [InlineData(
        "cpu=500 gpu=1", "cpu=2500 license=3",
        "offers only 0.5 of the 2.5 cpu that the task needs and no license (the task needs 3).")]
    public void Why_NoNodeHasEnough_SaysWhatTheClosestOneLacks(string offered, string needed, string expected)
    {
        rig.Node("n", slots: 4, resources: offered);
        rig.Node("empty", slots: 4);
        var reason = Assert.Single(rig.Core.Waits.Of(rig.Submit(resources: needed)).Reasons);

        Assert.Equal("no-matching-node", reason.Code);
        Assert.EndsWith(expected, reason.Detail, StringComparison.Ordinal);
        if (needed != "gpu=1")
            Assert.Contains("The closest node, n, offers", reason.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_ResourcesAreInUse_SaysSo()
    {
        rig.Node("n", slots: 4, resources: "gpu=1");
        rig.Submit(resources: "gpu=1");
        rig.Offer("n", 1, shape: "gpu=1");
        var waits = rig.Submit(resources: "gpu=1");

        var reason = rig.Core.Waits.Of(waits).Reasons[0];

        Assert.Equal("no-free-resource", reason.Code);
        Assert.Contains("It needs gpu=1. n offers 1 gpu, of which this queue's tasks have 1.", reason.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_TheNodeKeepsItsCoresForALargerTask_SaysSo()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000");
        rig.Submit(resources: "cpu=4000");
        rig.Pass((long)rig.Options.ReserveAfter.TotalMilliseconds);
        rig.Core.TakeDemands(rig.Now);

        var reason = rig.Core.Waits.Of(rig.Submit(resources: "cpu=1000")).Reasons[0];

        Assert.Equal("reserved-for-larger", reason.Code);
        Assert.Contains("a task that needs cpu=4", reason.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void OutOfMemory_RaisesWhatTheNextAttemptReserves_AlsoAfterRestarts()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000 memory=1000");
        var id = Grows("cpu=1000 memory=100", factor: 3, max: 5000);
        RunOut(id, "cpu=1000 memory=100");

        Assert.Equal("cpu=1000 memory=300", Demanded());
        rig.Restart();
        Assert.Equal("cpu=1000 memory=300", Demanded());

        var command = RunOut(id, "cpu=1000 memory=300");
        Assert.Equal((1, "cpu=1000 memory=300"), (command.OutOfMemoryFailures, command.Resources!.ToString()));
        Assert.Equal("cpu=1000 memory=900", Demanded());
        Assert.Equal(900, rig.Core.Waits.Of(id).ReservedMemory);
        rig.Offer("n", 1, shape: "cpu=1000 memory=900");
        rig.Start(id);
        rig.Restart();

        // The running attempt counts with what it has.
        var next = Grows("cpu=1000 memory=900", factor: 3, max: 5000);
        var demand = Assert.Single(rig.Core.TakeDemands(rig.Now), static one => one.Demand.Shape is not null).Demand;
        Assert.Equal((1, 1, "cpu=1000 memory=900"), (demand.Held, demand.Count, demand.Shape!.ToString()));
        Assert.Null(rig.Core.Waits.Of(next).ReservedMemory);
    }

    [Fact]
    public void OutOfMemory_ReservesNoMoreThanTheLargestNodeThatCouldRunIt()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "gpu=1 memory=250");
        rig.Node("other", slots: 4, credit: 0, resources: "memory=9000");
        rig.Node("draining", slots: 4, credit: 0, accepts: false, resources: "gpu=1 memory=9000");
        var id = Grows("gpu=1 memory=100", factor: 4, max: 5000);
        RunOut(id, "gpu=1 memory=100");

        Assert.Equal("gpu=1 memory=250", Demanded());
        RunOut(id, "gpu=1 memory=250");
        Assert.Equal("gpu=1 memory=250", Demanded());
    }

    [Fact]
    public void OutOfMemory_MostOfTheRulesIsReached_StaysThere()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "memory=1000");
        var id = Grows("memory=100", factor: 4, max: 150);
        RunOut(id, "memory=100");
        Assert.Equal("memory=150", Demanded());
        RunOut(id, "memory=150");
        Assert.Equal("memory=150", Demanded());
    }

    [Fact]
    public void OutOfMemory_ThenRetriedByAUser_BeginsWithWhatItsSpecSays()
    {
        rig.Node("n", slots: 4, credit: 0, resources: "memory=1000");
        var id = Grows("memory=100", factor: 2, max: 5000, attempts: 2);
        RunOut(id, "memory=100");
        RunOut(id, "memory=200");
        Assert.Equal(TaskState.Failed, rig.State(id));

        rig.Retry(id);

        Assert.Equal("memory=100", Demanded());
        rig.Restart();
        Assert.Equal("memory=100", Demanded());
        RunOut(id, "memory=100");
        Assert.Equal("memory=200", Demanded());
    }

    [Theory]
    [InlineData("cpu=1000", 2.0)]
    [InlineData("memory=100", 1.0)]
    public void OutOfMemory_WithoutMemoryOrFactor_ReservesTheSame(string resources, double factor)
    {
        rig.Node("n", slots: 4, credit: 0, resources: "cpu=4000 memory=1000");
        var id = Grows(resources, factor, max: 5000);
        RunOut(id, resources);
        Assert.Equal(resources, Demanded());
    }

    [Fact]
    public void Pack_TwoNodes_FillsOneFirst()
    {
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key) with { Placement = Placement.Pack });
        rig.Node("m", slots: 2);
        rig.Node("n", slots: 2);

        var tasks = rig.SubmitMany(3);

        Assert.Equal(2, tasks.GroupBy(id => rig[id].Row.Node).Max(static node => node.Count()));
        rig.SubmitMany(1);
        Assert.Equal(4, rig.Core.Status.Running);
    }

    private TaskId Grows(string resources, double factor, long max, int attempts = 9) => rig.Submit(
        resources: resources,
        retry: new RetryPolicy(
            1, 0, 0, true, RetryRules.None.WithBudget(FailureCause.OutOfMemory, attempts) with { MemoryFactor = factor, MemoryMax = max }));

    // Runs an attempt, which ends as out of memory, and waits until the task is ready again.
    private StartCommand RunOut(TaskId id, string shape)
    {
        rig.Core.TakeDemands(rig.Now);
        var command = Assert.Single(rig.Offer("n", 1, shape: shape).Commands.Single().Start);
        Assert.Equal(id, command.Lease.Task);
        rig.End(command.Lease, EndReason.OutOfMemory);
        rig.Offer("n", 0, shape: shape);
        rig.Advance(1);
        return command;
    }

    // What the only waiting task asks for.
    private string Demanded() => Assert.Single(rig.Core.Demand.List(rig.Now)).Resources!.ToString();
}
