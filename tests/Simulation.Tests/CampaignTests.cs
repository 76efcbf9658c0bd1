using OrleansTasks.Simulation.Campaign;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.Tests;

/// <summary>Whole installations with everything going wrong. <c>make simulate SEEDS=n</c> runs more of them.</summary>
public sealed class CampaignTests
{
    private const int Plans = 10_000;

    /// <summary>
    /// Seeds in which everything happens at least twice: the first fifty, and those that <c>--seeds 400 --cover 2</c> named. Draw them anew
    /// when a change of the plans makes something never happen.
    /// </summary>
    private static readonly int[] Seeds =
    [
        .. Enumerable.Range(1, 50), 55, 95, 108, 145, 154, 175, 181, 215, 245, 256, 350, 352, 354, 400,
    ];

    /// <summary>Always the same seeds, so that a failure belongs to the change. <c>make test</c> runs new ones after the tests.</summary>
    [Fact]
    public void Campaign_ListedSeeds_EverythingHoldsAndEverythingHappens()
    {
        const string again = "again: make simulate SEED=N for one, SEEDS=400 ARGS=\"--from 1 --cover 2\" for another list";
        var result = Campaigns.Run(Seeds, 2, TimeProvider.System);

        Assert.True(result.Failed.Count == 0, $"{again}\n{string.Join("\n", result.Failed.Values.Take(1).Select(Report.Of))}");
        Assert.Equal(Seeds.Length, result.Seeds);
        Assert.True(result.Missing.Length == 0, $"{again}\nnever happened: {string.Join(", ", result.Missing)}");
        Assert.True(result.Unobserved.Length == 0, $"{again}\nnobody looked at: {string.Join("\n", result.Unobserved.Take(1))}");
        Assert.True(result.MedianSteps >= 5_000, $"The median run has {result.MedianSteps} steps; {again}");
    }

    [Fact]
    public void Plan_AnySeed_IsLargeEnough()
    {
        for (var seed = 1; seed <= Plans; seed++)
        {
            var plan = Plan.Of(seed);
            Assert.True(plan is { Silos: >= 1, Workers: >= 4, Tasks: >= 200, Jobs: >= 1 }, $"Seed {seed} is too small: {plan}.");
            Assert.Null(plan.Knobs.ToOptions(plan.KillMargin).Validate());
        }
    }

    [Fact]
    public void Plan_ManySeeds_HaveEveryInstallationAndEverySiloFaultOftenEnough()
    {
        Plan[] plans = [.. Enumerable.Range(1, Plans).Select(Plan.Of)];

        Assert.InRange(Share(static plan => plan.Silos == 1), 0.3, 0.4);
        Assert.True(Share(static plan => Has(plan, FaultKind.InstallationKill)) >= 0.25);
        Assert.True(Share(static plan => Has(plan, FaultKind.SiloPause)) >= 0.3);
        Assert.True(Share(static plan => Has(plan, FaultKind.SiloKillInCommit)) >= 0.25);
        Assert.True(Share(static plan => plan.Knobs.CommitTasks == 1) >= 0.2);
        Assert.InRange(Share(static plan => plan.IsLoneTrouble), 0.02, 0.08);
        Assert.InRange(Share(static plan => plan.Faults.Length <= 3), 0.1, 0.2);
        Assert.True(Share(static plan => plan.Faults.Length >= 10) >= 0.6);
        Assert.True(Share(static plan => plan.Drift >= 100) >= 0.4);
        Assert.True(Share(static plan => plan.StayWrong && Has(plan, FaultKind.SiloClockStep)) >= 0.12);

        double Share(Func<Plan, bool> which) => plans.Count(which) / (double)Plans;

        static bool Has(Plan plan, FaultKind kind) => plan.Faults.Any(fault => fault.Kind == kind);
    }

    [Fact]
    public void TooRare_ThousandSeedsWithoutASilosPause_IsNamed()
    {
        var result = new CampaignResult();
        var outcome = new World.Outcome(Plan.Of(1), null, 0, 1, default, 0, 0, 0, 0, 0, new Checks.Coverage());
        for (var seed = 0; seed < 999; seed++)
            result.Add(outcome);
        Assert.Empty(result.TooRare);
        result.Add(outcome);
        Assert.Contains(result.TooRare, static line => line.StartsWith("fault SiloPause: 0.0 per thousand seeds", StringComparison.Ordinal));
    }

    [Fact]
    public void FirstSeed_DrawnTwice_Differs() => Assert.NotEqual(FirstSeed.Draw(), FirstSeed.Draw());
}
