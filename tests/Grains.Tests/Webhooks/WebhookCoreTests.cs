using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>What the core of the webhooks starts, and when.</summary>
public sealed class WebhookCoreTests
{
    private const long Second = 1_000;
    private readonly WebhookRig rig = new();

    [Fact]
    public void Start_EventsOfItsTypesAlone_InTheirOrder()
    {
        rig.Add("a", WebhookTypes.Task);
        rig.Happen(isJob: true);
        rig.Happen(count: 3);

        var started = rig.Start();

        Assert.Equal(rig.AllTasks().Skip(1), started.Select(WebhookRig.TaskOf));
    }

    [Fact]
    public void Start_EventsBeforeItsCreation_AreNotSent()
    {
        rig.Happen();
        rig.Add("a");

        Assert.Empty(rig.Start());
    }

    [Fact]
    public void Start_OneTarget_HasFewTriesAtOnce()
    {
        rig.Add("a");
        rig.Happen(count: 20);

        Assert.Equal(LiveWebhook.MostUnderWay, rig.Start().Count);
    }

    [Fact]
    public void Start_ManyWellTargets_LeaveRoomForFailingOnes()
    {
        for (var i = 0; i < 10; i++)
            rig.Add($"well{i}");
        rig.Add("failing");
        rig.Happen(count: 9);
        FailFirst("failing");
        rig.Now += 5 * Second;

        var started = rig.Start();

        Assert.True(rig.Core.UnderWay <= WebhookCore.MostAtOnce);
        Assert.Equal(WebhookCore.MostToWell, started.Count(static one => one.Target.Id != "failing"));
        var seconds = started.FindAll(static one => one.Target.Id == "failing");
        Assert.NotEmpty(seconds);
        Assert.All(seconds, static one => Assert.Equal(1, one.Tries));
    }

    [Fact]
    public void Start_ManyFailingTargets_LeaveRoomForWellOnes()
    {
        for (var i = 0; i < 20; i++)
            rig.Add($"x{i}");
        rig.Happen(count: 2);
        while (rig.Core.Targets.Any(static target => !target.IsFailing))
        {
            foreach (var delivery in rig.Start())
                rig.End(delivery, null);
        }

        rig.Now += 10 * Second;
        Assert.Equal(WebhookCore.MostAtOnce - WebhookCore.MostToWell, rig.Start().Count);

        rig.Add("well");
        rig.Happen();

        Assert.Contains(rig.Start(), static one => one.Target.Id == "well");
    }

    [Fact]
    public void EventsOfWhichSomeAreGone_AreNotedOnce_AndThoseThatAreLeftAreSent()
    {
        var target = rig.Add("a");
        for (var i = 0; i < 6; i++)
            rig.Happen();

        Assert.True(target.IsNewsThatGone(EventSource.Log, 4));
        var missed = rig.Core.Miss(target, EventSource.Log, 4, isAllGone: false, rig.Now);

        Assert.False(target.IsNewsThatGone(EventSource.Log, 4));
        Assert.True(target.IsNewsThatGone(EventSource.Log, 5));
        Assert.Contains("Some events", missed.Answer, StringComparison.Ordinal);
        var sent = new List<string>();
        for (var started = rig.Start(); started.Count > 0; started = rig.Start())
        {
            sent.AddRange(started.Select(WebhookRig.TaskOf));
            started.ForEach(delivery => rig.End(delivery));
        }

        Assert.Equal(rig.AllTasks(), sent);
    }

    [Fact]
    public void Paused_StartsNothingButWhatIsAskedFor_AndReadsNothing()
    {
        var target = rig.Add("a", paused: true);
        rig.Happen();
        Assert.Empty(rig.Start());
        Assert.Equal(0, rig.Read);

        var asked = new PendingDelivery(target, "m", "{}"u8.ToArray()) { IsOnce = true, IsAsked = true };
        target.Add(asked);
        Assert.Equal([asked], rig.Start());
        Assert.Equal(DeliveryState.Failed, rig.End(asked, 500)!.State);

        target.Change(target.Row with { Paused = false });
        rig.Now += Second;
        Assert.Single(rig.Start());
    }

    [Fact]
    public void EventsThatAreGone_AreNotedAndTheRestIsSent()
    {
        rig.Add("a");
        for (var i = 0; i < 6; i++)
            rig.Happen();
        rig.Trimmed = 4;

        var started = rig.Start();
        rig.Store();

        Assert.Equal(rig.AllTasks().Skip(4), started.Select(WebhookRig.TaskOf));
        var missed = Assert.Single(rig.Rows).Delivery;
        Assert.Equal((DeliveryState.Missed, 1L), (missed.State, missed.N));
        Assert.Contains("1 to 4", missed.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Change_ToAnotherType_BeginsWithWhatComes()
    {
        var target = rig.Add("a", WebhookTypes.Node);
        rig.Happen();
        target.Change(target.Row with { Types = WebhookTypes.Task, Seen = new Storage.WebhookCursor(1, 0, 0) });
        rig.Happen();

        Assert.Equal(rig.AllTasks().Skip(1), rig.Start().Select(WebhookRig.TaskOf));
    }

    [Fact]
    public void Cancelled_ATryCountsAsNotMade()
    {
        rig.Add("a");
        rig.Happen();
        var first = Assert.Single(rig.Start());
        rig.Core.Cancelled(first, rig.Now);

        Assert.Equal(0, rig.Core.UnderWay);
        var again = Assert.Single(rig.Start());
        Assert.Equal(first.Message, again.Message);
        Assert.Equal(1, rig.End(again)!.Tries);
    }

    private void FailFirst(string id)
    {
        foreach (var delivery in rig.Start())
        {
            if (delivery.Target.Id == id)
                rig.End(delivery, null);
            else
                rig.Core.Cancelled(delivery, rig.Now);
        }
    }
}
