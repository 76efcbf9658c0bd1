using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Tasks that require <c>node/id</c>, which only one node carries.</summary>
public sealed class PinTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void LabelsOf_OwnLabels_AreSortedWithTheIdAndWithoutReservedOnes()
    {
        ImmutableArray<Label> own = [new("a", "1"), new("node/id", "other"), new("node/x", "2"), new("z", "3")];
        Assert.Equal([new("a", "1"), new("node/id", "w1"), new("z", "3")], NodeNames.LabelsOf("w1", own));
    }

    [Fact]
    public void Match_PinnedTask_GoesToItsNodeOnly()
    {
        rig.Node("a", slots: 4);
        rig.Node("b");
        var first = rig.Submit(requires: "node/id=b");
        var second = rig.Submit(requires: "node/id=b");
        Assert.Equal("b", rig[first].Row.Node);
        Assert.Equal(TaskState.Queued, rig.State(second));

        rig.Exit(first);
        Assert.Equal("b", rig[second].Row.Node);
    }

    [Fact]
    public void Match_PinnedAndOtherTasks_InOrderOfAcceptance()
    {
        rig.Node("a", credit: 0);
        var pinned = rig.Submit(requires: "node/id=a");
        var other = rig.Submit();
        var urgent = rig.Submit(priority: 9, requires: "node/id=a,zone=1");
        rig.Offer("a", 1);
        Assert.Equal([pinned], rig.Started);
        rig.Exit(pinned);
        Assert.Equal([other], rig.Started);
        Assert.Equal(TaskState.Queued, rig.State(urgent));
    }

    [Fact]
    public void Demand_PinnedTask_AsksItsNodeOnly()
    {
        rig.Node("a", slots: 2, offers: false);
        rig.Node("b", slots: 2, offers: false);
        rig.Submit(requires: "node/id=b");
        Assert.Equal(["b"], rig.Core.TakeDemands(rig.Now).Select(static demand => demand.Node));
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void Why_PinnedToANodeThatIsAway_NamesTheNode()
    {
        rig.Node("a");
        var unknown = rig.Submit(requires: "node/id=b");
        var reason = Assert.Single(rig.Core.Waits.Of(unknown).Reasons);
        Assert.Equal(
            ("no-matching-node", "It may run only on the node b, which is not connected."),
            (reason.Code, reason.Detail));

        rig.Node("b", accepts: false, offers: false);
        Assert.Contains("node b, which does not accept work", rig.Core.Waits.Of(unknown).Reasons[0].Detail);

        rig.Node("b");
        Assert.Equal("b", rig[unknown].Row.Node);
    }

    [Fact]
    public void Forecast_OnlyPinnedTasksWait_SlotsAreThoseOfTheirNodes()
    {
        rig.Node("a", slots: 4);
        rig.Node("b", slots: 2, credit: 0);
        rig.Submit(requires: "node/id=b");
        Assert.Equal(2, rig.Core.Forecasts.Forecast().Slots);
    }

    // Searches of all signatures happen in every round. Pinned ones are found by their node.
    [Fact]
    public void Signatures_ThousandsOfPins_AreNotSearchedAndGoWithTheirTasks()
    {
        var signatures = new SignatureSet();
        var pinned = Enumerable.Range(0, 10_000)
            .Select(node => signatures.Acquire([new Label("node/id", $"n{node}")], Limits.None)).ToArray();
        var more = signatures.Acquire([new Label("node/id", "n7"), new Label("zone", "a")], Limits.None);
        var shared = signatures.Acquire([new Label("zone", "a")], Limits.None);

        Assert.Equal(3, signatures.Shared.Count);
        Assert.Contains(shared, signatures.Shared);
        Assert.Equal([pinned[7], more], signatures.PinnedTo("n7"));
        Assert.Equal(10_004, signatures.All.Count());

        signatures.Release(pinned[7]);
        Assert.Equal([more], signatures.PinnedTo("n7"));
        signatures.Release(more);
        foreach (var signature in pinned.Where(static signature => signature.Pin != "n7"))
            signatures.Release(signature);
        Assert.Empty(signatures.PinnedNodes);
        Assert.Empty(signatures.PinnedTo("n7"));
        Assert.Same(shared, signatures.Acquire([new Label("zone", "a")], Limits.None));
    }

    [Fact]
    public void Match_AThousandPins_EachNodeGetsItsTask()
    {
        rig.Nodes(1_000);
        ImmutableArray<TaskSubmission> all =
            [.. Enumerable.Range(0, 1_000).Select(node => rig.Submission(requires: $"node/id=n{node}"))];
        rig.Round((core, draft) => core.Accept(new SubmitRequest(all, null, null), null, rig.Now, draft));
        Assert.All(all, task => Assert.Equal(task.Requires[0].Value, rig[task.Id].Row.Node));
    }
}
