using OrleansTasks.Queues;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a queue says of the nodes that its tasks lack.</summary>
public sealed class UnmetDemandTests
{
    private static readonly QueueSettings Defaults = QueueSettings.DefaultOf(CoreRig.Key);
    private readonly CoreRig rig = new();

    [Fact]
    public void List_TasksThatAskForDifferentThings_AreCountedApart_LongestWaitFirst()
    {
        var first = rig.Now;
        rig.Submit(requires: "zone=a,disk=ssd", resources: "gpu=1");
        rig.Advance(1_000);
        rig.SubmitMany(3);
        rig.Advance(1_000);
        // The same in another order, and other limits: for a node it is the same.
        rig.Submit(requires: "disk=ssd,zone=a", resources: "gpu=1");

        Assert.Equal(
            [("disk=ssd,zone=a", "gpu=1", 2, first), ("", "", 3, first + 1_000)],
            rig.Core.Demand.List(rig.Now).Select(static one => (Labels(one), one.Resources?.ToString() ?? "", one.Count, one.Oldest)));
    }

    [Fact]
    public void List_TasksThatStarted_AreNotInIt()
    {
        rig.Node("n", slots: 2);
        rig.SubmitMany(5);

        Assert.Equal(3, Assert.Single(rig.Core.Demand.List(rig.Now)).Count);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(null, 4)]
    public void List_TasksThatTheQueueHoldsBack_AreNotInIt(int? maxRunning, int expected)
    {
        rig.Node("n");
        rig.Configure(Defaults with { MaxRunning = maxRunning });
        rig.SubmitMany(2);
        rig.SubmitMany(3, resources: "cpu=1000");

        Assert.Equal(expected, rig.Core.Demand.List(rig.Now).Sum(static one => one.Count));
    }

    [Fact]
    public void List_APausedQueue_IsEmpty()
    {
        rig.Configure(Defaults with { Paused = true });
        rig.Submit();

        Assert.Empty(rig.Core.Demand.List(rig.Now));
    }

    [Fact]
    public void List_ARate_CountsWhatItAllows()
    {
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 2 });
        rig.SubmitMany(2);
        rig.SubmitMany(3, resources: "cpu=1000");

        Assert.Equal(2, rig.Core.Demand.List(rig.Now).Sum(static one => one.Count));
    }

    private static string Labels(QueueDemand demand) => string.Join(',', demand.Requires.Select(static label => $"{label.Key}={label.Value}"));
}
