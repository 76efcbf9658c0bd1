using OrleansTasks.Simulation.Campaign;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.Tests;

/// <summary>Whole installations with everything going wrong. <c>make simulate SEEDS=n</c> runs more of them.</summary>
public sealed class CampaignTests
{
    private const int Seeds = 300;

    [Fact]
    public void Campaign_ThreeHundredSeeds_EverythingHoldsAndEverythingHappens()
    {
        var result = Campaigns.Run(from: 1, Seeds, threads: 2, TimeProvider.System);

        Assert.True(result.Failed.Count == 0, string.Join("\n", result.Failed.Values.Take(1).Select(Report.Of)));
        Assert.Equal(Seeds, result.Seeds);
        Assert.Empty(result.Missing);
        Assert.True(result.MedianSteps >= 5_000, $"The median run has {result.MedianSteps} steps.");
    }

    [Fact]
    public void Plan_AnySeed_IsLargeEnough()
    {
        for (var seed = 1; seed <= 10_000; seed++)
        {
            var plan = Plan.Of(seed);
            Assert.True(
                plan is { Silos: >= 2, Workers: >= 4, Tasks: >= 200, Jobs: >= 1, Faults.Length: >= 10 }, $"Seed {seed} is too small: {plan}.");
        }
    }
}
