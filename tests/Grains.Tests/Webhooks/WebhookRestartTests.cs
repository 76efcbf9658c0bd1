using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>What the core of the webhooks does again after a restart, and what it does not.</summary>
public sealed class WebhookRestartTests
{
    private const long Second = 1_000;
    private readonly WebhookRig rig = new();

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
                Assert.True(messages.TryAdd(key, delivery.Message) || messages[key] == delivery.Message,
                    $"seed {seed}: another id at a retry");
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
}
