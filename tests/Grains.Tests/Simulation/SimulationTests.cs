using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>
/// Whole lives of tasks over many seeds. The store model checks every commit; here is what must hold besides. A failing seed is
/// named and repeats exactly.
/// </summary>
public sealed class SimulationTests
{
    /// <summary>More of them for a longer search: <c>SIMULATION_SEEDS</c>.</summary>
    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("SIMULATION_SEEDS"), out var seeds) ? seeds : 150;

    private const int Steps = 1_500;
    private const long Patience = 300_000;

    [Fact]
    public void Lives_EverythingFails_EveryTaskEndsOnceAndRunsOnceAtATime()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = Run(seed, SimFaults.All);
            AssertAllEnded(world);
        }
    }

    [Fact]
    public void Lives_OnlyHintsAndDispatchersFail_NoAttemptIsLost()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var world = Run(seed, SimFaults.OfHints);
            AssertAllEnded(world);
            Assert.True(world.NodeFaults == 0, $"Seed {seed}: a healthy worker lost its session.");
            foreach (var task in world.Dispatchers.SelectMany(static dispatcher => dispatcher.Store.Tasks.Values))
            {
                Assert.True(task.Row.NodeLosses == 0 && task.Row.Reason != EndReason.NodeLost, $"Seed {seed}: {task.Row} lost a node.");
                if (task.Row.State is TaskState.Succeeded)
                    Assert.Equal(1, world.Starts[task.Row.Token]);
            }
        }
    }

    [Fact]
    public void Lives_SameSeedTwice_AreTheSame()
    {
        var (one, two) = (Run(7, SimFaults.All), Run(7, SimFaults.All));
        Assert.Equal(one.Now, two.Now);
        Assert.Equal(
            one.Dispatchers.SelectMany(static dispatcher => dispatcher.Store.Tasks.Values.Select(static task => task.Row)),
            two.Dispatchers.SelectMany(static dispatcher => dispatcher.Store.Tasks.Values.Select(static task => task.Row)));
    }

    private static SimWorld Run(int seed, SimFaults faults)
    {
        var world = new SimWorld(seed, partitions: 1 + (seed % 2), workers: 1 + (seed % 3), faults);
        for (var step = 0; step < Steps; step++)
        {
            if (world.Chance.Next(12) == 0)
                Use(world);
            if (world.Happens(faults.NodeFault))
                world.Workers[world.Chance.Next(world.Workers.Count)].Suffer();
            world.Step();
        }

        return world;
    }

    private static void Use(SimWorld world)
    {
        var chance = world.Chance;
        var dispatcher = world.Dispatchers[chance.Next(world.Dispatchers.Count)];
        TaskId[] known = [.. dispatcher.Store.Tasks.Keys];
        switch (chance.Next(10))
        {
            case 0 when known.Length > 0:
                dispatcher.Cancel(known[chance.Next(known.Length)]);
                break;
            case 1 when known.Length > 0:
                var stored = dispatcher.Store.Tasks[known[chance.Next(known.Length)]];
                dispatcher.Round((core, draft) => core.Retry(stored.Open, world.Now, draft));
                break;
            default:
                var submission = Submission(world);
                dispatcher.Round((core, draft) => core.Accept(new SubmitRequest([submission], null, null), null, world.Now, draft));
                break;
        }
    }

    private static TaskSubmission Submission(SimWorld world)
    {
        var chance = world.Chance;
        var runAt = chance.Next(5) == 0 ? world.Now + chance.Next(20_000) : 0;
        var expiresAt = chance.Next(8) == 0 ? world.Now + chance.Next(30_000) : 0;
        var retry = new RetryPolicy(chance.Next(1, 4), chance.Next(2_000), 5_000, OnNodeLost: chance.Next(4) > 0);
        return new TaskSubmission(
            world.NewId(), "", (byte)chance.Next(10), runAt, expiresAt, retry, [], [], Limits.None, "{}"u8.ToArray(),
            chance.Next(8) == 0 ? new byte[] { 1 } : default);
    }

    /// <summary>With the faults off, five minutes must be enough for everything.</summary>
    private static void AssertAllEnded(SimWorld world)
    {
        world.Faults = SimFaults.None;
        world.RunUntil(world.Now + Patience);
        foreach (var task in world.Dispatchers.SelectMany(static dispatcher => dispatcher.Store.Tasks.Values))
        {
            Assert.True(
                task.Row.State.IsFinal(),
                $"Seed {world.Seed}: {task.Row} has not ended at {world.Now}; {string.Join(", ", task.History)}.");
        }

        Assert.All(world.Dispatchers, static dispatcher => Assert.Equal(0, dispatcher.Core.OpenCount));
    }
}
