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

        var started = rig.Start();

        Assert.True(rig.Core.UnderWay <= WebhookCore.MostAtOnce);
        Assert.Equal(WebhookCore.MostToWell, started.Count(static one => one.Target.Id != "failing"));
        Assert.Single(started, static one => one.Target.Id == "failing");
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
    public void Record_AFailure_IsTriedAgainUnderTheSameId_TheSecondTimeAfterFiveSeconds()
    {
        rig.Add("a");
        rig.Happen();
        var first = Assert.Single(rig.Start());
        var begun = rig.Now;

        var recorded = rig.End(first, 500)!;
        Assert.Equal((DeliveryState.Open, 1, 500, begun + (5 * Second)), (recorded.State, recorded.Tries, recorded.Status, recorded.NextTryAt));
        Assert.Empty(rig.Start());
        Assert.True(rig.Advance());

        Assert.Equal(begun + (5 * Second), rig.Now);
        var second = Assert.Single(rig.Start());
        Assert.Equal(first.Message, second.Message);
        Assert.Equal((DeliveryState.Delivered, 2, null), (rig.End(second)! is var end) ? (end.State, end.Tries, end.NextTryAt) : default);
    }

    [Fact]
    public void Record_AlwaysFailing_IsGivenUpAfterDays_AndTheNextGoesOn()
    {
        rig.Add("a");
        rig.Happen();
        var begun = rig.Now;
        WebhookDelivery? last = null;
        var tries = 0;
        while (last is not { State: DeliveryState.Failed })
        {
            foreach (var delivery in rig.Start())
            {
                tries++;
                last = rig.End(delivery, null);
            }

            if (last is { State: DeliveryState.Open })
                Assert.True(rig.Advance());
        }

        Assert.Equal(RetrySchedule.MostTries, tries);
        Assert.InRange(rig.Now - begun, 3 * 24 * 3_600 * Second, 4 * 24 * 3_600 * Second);
        rig.Now += 600 * Second;
        rig.Happen();
        Assert.Single(rig.Start());
    }

    [Fact]
    public void DeadTarget_IsTriedOneAtATime_AndReadsNoFurtherThanItsBound()
    {
        rig.Add("a");
        rig.Happen(count: 5_000);
        var most = 0;
        for (var i = 0; i < 3_000; i++)
        {
            foreach (var delivery in rig.Start())
                rig.End(delivery, null);
            most = Math.Max(most, rig.Core.UnderWay);
            if (!rig.Advance())
                break;
            var started = rig.Start();
            most = Math.Max(most, started.Count);
            foreach (var delivery in started)
                rig.End(delivery, null);
        }

        Assert.Equal(1, most);
        var target = rig.Core.Find("a")!;
        Assert.InRange(target.Open, 1, LiveWebhook.MostOpen);
        Assert.True(target.Pending.Count <= LiveWebhook.MostOpen + LiveWebhook.MostUnderWay);
    }

    [Fact]
    public void DeadTarget_ThatLivesAgain_GetsEverythingAtOnce()
    {
        rig.Add("a");
        rig.Happen(count: 40);
        var delivered = new HashSet<string>();
        var first = rig.Now;
        while (rig.Now - first < 3_600 * Second)
        {
            foreach (var delivery in rig.Start())
                rig.End(delivery, null);
            Assert.True(rig.Advance());
        }

        var alive = rig.Now;
        while (rig.Start() is { Count: > 0 } started)
        {
            foreach (var delivery in started)
            {
                rig.End(delivery);
                delivered.Add(WebhookRig.TaskOf(delivery));
            }
        }

        Assert.Equal(alive, rig.Now);
        Assert.Equal(rig.AllTasks().Order(), delivered.Order());
        Assert.Equal(0, rig.Core.Find("a")!.FailingSince);
    }

    [Fact]
    public void EventThatIsNeverAccepted_HoldsUpNoOther()
    {
        rig.Add("a");
        rig.Happen(count: 200);
        var poison = rig.AllTasks().First();
        var delivered = new HashSet<string>();
        var end = rig.Now + (60 * Second);
        while (rig.Now < end)
        {
            foreach (var delivery in rig.Start())
            {
                var task = WebhookRig.TaskOf(delivery);
                rig.End(delivery, task == poison ? 500 : 200);
                if (task != poison)
                    delivered.Add(task);
            }

            if (delivered.Count == 199)
                break;
            rig.Now += 10;
        }

        Assert.Equal(199, delivered.Count);
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
    public void Restart_AtAnyMoment_LosesNothing()
    {
        for (var seed = 1; seed <= 200; seed++)
            RestartAtAnyMoment(seed);
    }

    [Fact]
    public void Restart_AfterTheClockWasSetBack_WaitsNoLongerThanItWasMeantTo()
    {
        rig.Add("a");
        rig.Happen();
        rig.End(Assert.Single(rig.Start()), null);
        rig.Store();

        rig.Restart(setBack: 3_600 * Second);

        var begun = rig.Now;
        Assert.True(rig.Advance());
        Assert.Equal(begun + (5 * Second), rig.Now);
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

    private static void RestartAtAnyMoment(int seed)
    {
        var rig = new WebhookRig();
        var random = new Random(seed);
        rig.Add("a");
        rig.Add("b");
        var delivered = new HashSet<(string, string)>();
        var messages = new Dictionary<(string, string), string>();
        for (var step = 0; step < 400; step++)
        {
            if (step < 60)
                rig.Happen(random.Next(1, 4));
            var started = rig.Start();
            foreach (var delivery in started.OrderBy(_ => random.Next()))
            {
                var key = (delivery.Target.Id, WebhookRig.TaskOf(delivery));
                Assert.True(messages.TryAdd(key, delivery.Message) || messages[key] == delivery.Message, $"seed {seed}: another id at a retry");
                if (step < 300 && random.Next(10) == 0)
                    continue;
                // The target has it, and the result may not be stored.
                var isAccepted = step >= 300 || random.Next(3) > 0;
                rig.End(delivery, isAccepted ? 200 : null);
                if (isAccepted)
                    delivered.Add(key);
            }

            if (random.Next(2) == 0)
                rig.Store();
            if (step == 300 || (step < 300 && random.Next(8) == 0))
                rig.Restart();
            if (!rig.Advance())
                rig.Now += 100;
        }

        Assert.Equal(
            rig.AllTasks().SelectMany(static task => new[] { ("a", task), ("b", task) }).Order(), delivered.Order());
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
