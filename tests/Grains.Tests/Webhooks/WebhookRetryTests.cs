using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>How a webhook is tried whose address fails: when again, how often, and until when.</summary>
public sealed class WebhookRetryTests
{
    private const long Second = 1_000;
    private readonly WebhookRig rig = new();

    [Fact]
    public void Record_AFailure_IsTriedAgainUnderTheSameId_TheSecondTimeAfterFiveSeconds()
    {
        rig.Add("a");
        rig.Happen();
        var first = Assert.Single(rig.Start());
        var begun = rig.Now;

        var recorded = rig.End(first, 500)!;
        Assert.Equal((DeliveryState.Open, 1, 500, begun + (5 * Second)),
            (recorded.State, recorded.Tries, recorded.Status, recorded.NextTryAt));
        Assert.Empty(rig.Start());
        Assert.True(rig.Advance());

        Assert.Equal(begun + (5 * Second), rig.Now);
        var second = Assert.Single(rig.Start());
        Assert.Equal(first.Message, second.Message);
        Assert.Equal((DeliveryState.Delivered, 2, null),
            (rig.End(second)! is var end) ? (end.State, end.Tries, end.NextTryAt) : default);
    }

    [Theory]
    [InlineData(60, 60)]
    [InlineData(1, 5)] // No sooner than without it.
    [InlineData(-30, 5)] // A date in the past.
    [InlineData(1_000_000, 3_600)]
    public void Record_RetryAfter_TriesNothingSooner_WithinBounds(int asked, int seconds)
    {
        rig.Add("a");
        rig.Happen(2);
        var started = rig.Start();
        var begun = rig.Now;
        Assert.Equal(2, started.Count);
        rig.Answer(started[1], new WebhookAnswer(429, null) { RetryAfter = TimeSpan.FromSeconds(asked) });
        // Another try that was under way says nothing of a rest, but its second try waits too.
        rig.End(started[0], 503);

        Assert.Empty(rig.Start());
        Assert.True(rig.Advance());

        Assert.Equal(begun + (seconds * Second), rig.Now);
    }

    [Fact]
    public void Record_RetryAfterOfAnAnswerThatAccepts_IsIgnored()
    {
        rig.Add("a");
        rig.Happen();
        rig.Answer(Assert.Single(rig.Start()), new WebhookAnswer(200, null) { RetryAfter = TimeSpan.FromHours(1) });

        rig.Happen();

        Assert.Single(rig.Start());
    }

    [Fact]
    public void Record_Gone_PausesTheWebhook_AndResumedItGoesOnWithAllThatHappened()
    {
        var target = rig.Add("a");
        rig.Happen();
        var first = Assert.Single(rig.Start());

        rig.End(first, 410);
        rig.Store();
        rig.Restart();
        rig.Happen();

        target = rig.Core.Find("a")!;
        Assert.Equal((true, rig.Now), (target.Row.Paused, target.Row.GoneAt));
        Assert.Empty(rig.Start());
        Assert.False(rig.Advance());

        target.Change(target.Row with { Paused = false, GoneAt = 0 });
        var sent = new List<string>();
        while (sent.Count < 2)
        {
            var started = rig.Start();
            Assert.True(started.Count > 0 || rig.Advance());
            foreach (var delivery in started)
            {
                sent.Add(WebhookRig.TaskOf(delivery));
                rig.End(delivery);
            }
        }

        Assert.Equal(rig.AllTasks().Order(), sent.Order());
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

            rig.Now = Math.Min(
                rig.Core.NextDue(rig.Now) ?? end, running.Select(static one => one.EndsAt).DefaultIfEmpty(end).Min());
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

    [Theory]
    [InlineData("a", 2_000, 1_024)]
    [InlineData("é", 1_000, 512)]
    [InlineData("\uFFFD", 1_024, 341)]
    [InlineData("\U0001F600", 300, 256)]
    [InlineData("é", 512, 512)]
    public void Answer_IsCutToItsBoundInBytes_InWholeCharacters(string character, int count, int kept) =>
        Assert.Equal(
            string.Concat(Enumerable.Repeat(character, kept)),
            new WebhookAnswer(200, string.Concat(Enumerable.Repeat(character, count))).Storable().Text);
}
