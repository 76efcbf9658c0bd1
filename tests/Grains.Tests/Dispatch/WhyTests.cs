using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Why a task is not running.</summary>
public sealed class WhyTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Why_NoNode_SaysSo() => Assert.Equal(["no-matching-node"], Codes(rig.Submit()));

    [Fact]
    public void Why_NoNodeMeetsIt_NamesWhatItAsks()
    {
        rig.Node("n", slots: 4);
        var reason = Assert.Single(rig.Core.Waits.Of(rig.Submit(requires: "gpu=1", limits: Limits.Memory)).Reasons);
        Assert.Equal("no-matching-node", reason.Code);
        Assert.Contains("gpu=1", reason.Detail, StringComparison.Ordinal);
        Assert.Contains("Memory", reason.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_NodesOnlyRunHandlers_SaysSo_AndATaskForAHandlerIsAssigned()
    {
        rig.Node("n", slots: 4, labels: "handler/greet=true,zone=a", enforces: Limits.HandlersOnly);
        Assert.Contains(
            "only run handlers", Assert.Single(rig.Core.Waits.Of(rig.Submit()).Reasons).Detail,
            StringComparison.Ordinal);
        Assert.Equal("no-matching-node", Codes(rig.Submit(requires: "zone=a"))[0]);

        var asked = rig.Submit(requires: "handler/greet=true");

        Assert.Equal(TaskState.Assigned, rig.State(asked));
    }

    [Fact]
    public void Why_AllSlotsTaken_CountsWhatIsAhead()
    {
        rig.Node("n");
        rig.Submit();
        Assert.Equal(["no-free-slot"], Codes(rig.Submit()));
        rig.Submit(priority: 9);
        rig.Submit(priority: 9, requires: "gpu=1");
        rig.Submit(priority: 1);
        var last = rig.Submit();
        Assert.Equal(["no-free-slot", "ahead-of-it"], Codes(last));
        Assert.StartsWith("3 ", rig.Core.Waits.Of(last).Reasons[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_OthersHaveTheRestOfTheNode_SaysThatTheShareIsUsed()
    {
        rig.Node("n", slots: 8, credit: 2);
        var offer = new SlotOffer(CoreRig.Key, rig.Core.Epoch, "n", 1, 100, 2);
        rig.SubmitMany(2);
        var last = rig.Submit();

        rig.Round((core, _) => core.Relations.Offer(offer with { Share = 0.25 }));
        Assert.Equal("share-used", Codes(last)[0]);
        Assert.Contains("2 of 8", rig.Core.Waits.Of(last).Reasons[0].Detail, StringComparison.Ordinal);
        // It may have another slot, which somebody else still uses; and nobody else wants slots.
        rig.Round((core, _) => core.Relations.Offer(offer with { Version = 101, Share = 0.375 }));
        Assert.Equal("no-free-slot", Codes(last)[0]);
        rig.Round((core, _) => core.Relations.Offer(offer with { Version = 102, Share = 1 }));
        Assert.Equal("no-free-slot", Codes(last)[0]);
    }

    [Fact]
    public void Why_NotBefore_GivesTheTime()
    {
        var id = rig.Submit(runAt: rig.Now + 5_000);
        Assert.Equal(["not-before"], Codes(id));
        Assert.Equal(rig.Now + 5_000, rig.Core.Waits.Of(id).EstimatedStart);
    }

    [Fact]
    public void Why_Backoff_GivesTheTime()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 1_000, 1_000, true));
        rig.Exit(id, 1);
        Assert.Equal(["backoff"], Codes(id));
        Assert.Equal(rig[id].Row.DueAt, rig.Core.Waits.Of(id).EstimatedStart);
    }

    [Fact]
    public void Why_RunningOrEnded_HasNoReasons()
    {
        rig.Node("n");
        var id = rig.Submit();
        Assert.Empty(Codes(id));
        rig.Exit(id);
        Assert.Empty(Codes(id));
    }

    private string[] Codes(TaskId id) => [.. rig.Core.Waits.Of(id).Reasons.Select(static reason => reason.Code)];
}
