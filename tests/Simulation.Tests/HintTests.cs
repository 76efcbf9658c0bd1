using OrleansTasks.Simulation.Campaign;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.Tests;

/// <summary>Commands are hints: whatever becomes of them, a heartbeat makes up for it.</summary>
public sealed class HintTests
{
    private const int Seeds = 20;

    private static readonly FaultKind[] OfHints =
        [FaultKind.StreamLoss, FaultKind.StreamDouble, FaultKind.StreamLate, FaultKind.StreamFull];

    [Fact]
    public void Run_OnlyCommandsAreLost_NoAttemptIs()
    {
        var result = Campaigns.Run(Seeds, static number => OnlyHints(Plan.Of(number + 1)), 2, TimeProvider.System);

        Assert.True(result.Failed.Count == 0, string.Join("\n", result.Failed.Values.Select(Report.Of)));
        Assert.Equal((Seeds, 0), (result.Seeds, result.NodeLosses));
    }

    private static Plan OnlyHints(Plan plan) => plan with
    {
        Faults = [.. plan.Faults.Select(static fault => fault with { Kind = OfHints[fault.Number % OfHints.Length] })],
        BreaksNodes = false,
    };
}
