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
    public void DeadTarget_IsTriedOneAtATime_ButForSecondTries_AndReadsNoFurtherThanItsBound()
    {
        rig.Add("a");
        rig.Happen(count: 5_000);
        var most = 0;
        for (var i = 0; i < 3_000; i++)
        {
            foreach (var delivery in rig.Start())
                rig.End(delivery, null);
            if (!rig.Advance())
                break;
            var started = rig.Start();
            most = Math.Max(most, started.Count(static delivery => delivery.Tries != 1));
            Assert.True(started.Count <= LiveWebhook.MostUnderWay);
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
    public void TargetsThatHang_GetEverySecondTryWithin25Seconds()
    {
        for (var i = 0; i < 8; i++)
            rig.Add($"x{i}");
        rig.Happen(count: 9);
        var (begun, running) = (new Dictionary<string, long>(), new List<(PendingDelivery Delivery, long EndsAt)>());
        var (end, seconds) = (rig.Now + (120 * Second), 0);
        while (rig.Now < end)
        {
            foreach (var delivery in rig.Start())
            {
                running.Add((delivery, rig.Now + (10 * Second)));
                if (delivery.Tries == 0)
                    begun.Add(delivery.Message, rig.Now);
                if (delivery.Tries != 1)
                    continue;
                seconds++;
                Assert.InRange(rig.Now - begun[delivery.Message], 15 * Second, 25 * Second);
            }

            rig.Now = Math.Min(rig.Core.NextDue(rig.Now) ?? end, running.Select(static one => one.EndsAt).DefaultIfEmpty(end).Min());
            foreach (var (delivery, _) in running.Where(one => one.EndsAt == rig.Now).ToArray())
                rig.End(delivery, null);
            running.RemoveAll(one => one.EndsAt == rig.Now);
        }

        Assert.True(seconds >= 32, $"{seconds} second tries.");
    }

    [Fact]
    public void TriesThatComeEarly_DoNotCountTowardsGivingUp()
    {
        rig.Add("a");
        rig.Happen();
        var refused = rig.AllTasks().Single();
        var tries = 0;
        for (var end = rig.Now + (4 * 3_600 * Second); rig.Now < end; rig.Now += 90 * Second)
        {
            rig.Happen();
            // The one that is refused ends last, so that the target has failed for 90 s when it takes the next event.
            foreach (var delivery in rig.Start().OrderBy(IsRefused))
            {
                tries += IsRefused(delivery) ? 1 : 0;
                rig.End(delivery, IsRefused(delivery) ? 503 : 200);
            }
        }

        Assert.True(tries > RetrySchedule.MostTries, $"Only {tries} tries, so none was early.");
        Assert.Equal(1, rig.Core.Find("a")!.Open);

        bool IsRefused(PendingDelivery delivery) => WebhookRig.TaskOf(delivery) == refused;
    }

    [Fact]
    public void AskedTries_LeaveTheScheduleAsItWas_AfterARestartToo()
    {
        var target = rig.Add("a");
        rig.Happen();
        var delivery = Assert.Single(rig.Start());
        var due = rig.End(delivery, 500)!.NextTryAt;
        for (var i = 0; i < 20; i++)
        {
            target.Find(1)!.IsAsked = true;
            var recorded = rig.End(Assert.Single(rig.Start()), 500)!;
            Assert.Equal((DeliveryState.Open, due), (recorded.State, recorded.NextTryAt));
        }

        rig.Store();
        rig.Restart();
        rig.Now = due!.Value;
        Assert.Equal(due + (30 * Second), rig.End(Assert.Single(rig.Start()), 500)!.NextTryAt);
    }

    [Fact]
    public void NewAddress_GetsAtOnceWhatWaits()
    {
        var target = rig.Add("a");
        rig.Happen();
        var delivery = Assert.Single(rig.Start());
        for (var tries = 1; tries < 7; tries++)
        {
            rig.End(delivery, null);
            Assert.True(rig.Advance());
            delivery = Assert.Single(rig.Start());
        }

        Assert.Equal(rig.Now + (3_600 * 2 * Second), rig.End(delivery, null)!.NextTryAt);
        rig.Happen();

        target.Change(target.Row with { Url = "http://b" });

        var started = rig.Start();
        Assert.Equal(rig.AllTasks(), started.Select(WebhookRig.TaskOf));
        started.ForEach(one => rig.End(one));
        Assert.Equal((0, 0L), (target.Open, target.FailingSince));
    }

    [Fact]
    public void NewAddress_IsNotJudgedByATryToTheOldOne_WhichIsRepeatedAtOnce()
    {
        var target = rig.Add("a");
        rig.Happen(count: 2);
        var started = rig.Start();
        target.Change(target.Row with { Url = "http://b" });

        Assert.Equal(DeliveryState.Open, rig.End(started[0], null)!.State);
        Assert.False(target.IsFailing);
        Assert.Equal([started[0]], rig.Start());
        rig.End(started[0], null);
        Assert.True(target.IsFailing);
        rig.End(started[1]);
        Assert.True(target.IsFailing);
    }

    [Fact]
    public void Restart_InTheMiddleOfACommit_RepeatsNothingThatIsStored()
    {
        rig.Add("a");
        rig.Happen(count: 100);
        var first = rig.Start();
        rig.End(first[0], 500);
        foreach (var delivery in first.Skip(1))
            rig.End(delivery);
        for (var i = 0; i < 9; i++)
            rig.Start().ForEach(delivery => rig.End(delivery));
        rig.Store();

        rig.Restart();

        var again = new List<string>();
        do
        {
            for (var started = rig.Start(); started.Count > 0; started = rig.Start())
            {
                again.AddRange(started.Select(WebhookRig.TaskOf));
                started.ForEach(delivery => rig.End(delivery));
            }
        }
        while (rig.Advance());

        Assert.Equal(rig.AllTasks().Skip(40).Append(rig.AllTasks().First()).Order(), again.Order());
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
