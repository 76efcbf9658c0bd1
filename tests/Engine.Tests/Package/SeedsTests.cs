using OrleansTasks.Simulation;

namespace OrleansTasks.Engine.Tests;

/// <summary>
/// What the runner of seeds does with tests that fail, never end or are decided by something else than the seed.
/// </summary>
public sealed class SeedsTests
{
    private static readonly Func<SimulatedCluster, Task> Passes = static _ => Task.CompletedTask;

    [Fact]
    public void Run_WithoutFailure_RunsTheFirstSeedTwiceAndEveryOtherOnce()
    {
        List<long> seeds = [];
        Seeds.Run(3, from: 5, sim =>
        {
            seeds.Add(sim.Seed);
            return Task.CompletedTask;
        });
        Assert.Equal([5, 5, 6, 7], seeds);
    }

    [Theory]
    [InlineData("SIMULATION_SEED=9", new long[] { 9 })]
    [InlineData("SIMULATION_SEEDS=2", new long[] { 1, 1, 2 })]
    [InlineData("SIMULATION_FROM=4", new long[] { 4, 4, 5, 6 })]
    public void Environment_ChangesWhatRuns(string setting, long[] expected)
    {
        List<long> seeds = [];
        var parts = setting.Split('=');
        Seeds.Run(
            3, 1, sim =>
            {
                seeds.Add(sim.Seed);
                return Task.CompletedTask;
            },
            null, "test", name => name == parts[0] ? parts[1] : null);
        Assert.Equal(expected, seeds);
    }

    [Fact]
    public void Environment_WithoutANumber_IsRefusedByName()
    {
        var refused = Assert.Throws<ArgumentException>(() => Seeds.Run(3, 1, Passes, null, "test", static name => $"{name}?"));
        Assert.Contains("SIMULATION_SEED", refused.Message);
    }

    [Fact]
    public void Failure_WritesAllStepsToTheFile()
    {
        var file = Path.GetTempFileName();
        try
        {
            var failed = Assert.Throws<SeedFailedException>(() => Seeds.Run(
                1, 3, static async sim =>
                {
                    await sim.GrainFactory.GetGrain<IStateGrain>("traced").Set(1);
                    sim.Note("a note of the test");
                    throw new InvalidOperationException("planted");
                },
                null, "test", name => name == "SIMULATION_TRACE" ? file : null));
            Assert.Equal(3, failed.Seed);
            Assert.Equal("planted", failed.InnerException!.Message);
            Assert.Equal(failed.LastSteps, File.ReadLines(file).TakeLast(failed.LastSteps.Count));
            Assert.Contains(failed.LastSteps, static line => line.EndsWith("-- a note of the test", StringComparison.Ordinal));
            Assert.Contains(File.ReadLines(file), static line => line.EndsWith("IStateGrain.Set", StringComparison.Ordinal));
            Assert.Contains(file, failed.Message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void FailureBesideTheTest_FailsTheSeed()
    {
        var failed = Assert.Throws<SeedFailedException>(() => SimulatedCluster.Run(1, static async sim =>
        {
            _ = sim.Start(async () =>
            {
                await sim.Delay(TimeSpan.FromSeconds(1));
                throw new InvalidOperationException("planted");
            });
            await sim.Delay(TimeSpan.FromSeconds(2));
        }));
        Assert.Equal("planted", failed.InnerException!.Message);
    }

    [Fact]
    public void TestWithoutEnd_FailsAtTheTimeLimit()
    {
        var options = new SimulationOptions { TimeLimit = TimeSpan.FromMinutes(3) };
        var failed = Assert.Throws<SeedFailedException>(
            () => SimulatedCluster.Run(1, static sim => sim.Delay(TimeSpan.FromDays(1)), options));
        Assert.Contains("00:03:00", failed.Message);
    }

    [Fact]
    public void TestDecidedByAStaticField_IsFoundBeforeTheSecondSeed()
    {
        var runs = 0;
        var failed = Assert.Throws<SeedFailedException>(() => Seeds.Run(2, from: 1, async sim =>
        {
            if (++runs > 1) await sim.GrainFactory.GetGrain<IStateGrain>("second").Get();
            await sim.GrainFactory.GetGrain<IStateGrain>("first").Get();
        }));
        Assert.Equal(2, runs);
        Assert.Contains("took different steps", failed.Message);
        Assert.Contains("second: ", failed.Message);
    }

    [Fact]
    public void WorkOnAnotherThread_FailsTheSeed()
    {
        var failed = Assert.Throws<SeedFailedException>(() => SimulatedCluster.Run(
            1, static sim => sim.GrainFactory.GetGrain<IEscapingGrain>("e").Escape()));
        Assert.Contains("another thread", failed.Message);
    }
}
