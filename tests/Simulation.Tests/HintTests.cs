using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Tests;

/// <summary>Commands are hints: whatever becomes of them, a heartbeat makes up for it.</summary>
public sealed class HintTests
{
    private static readonly FaultKind[] OfHints =
        [FaultKind.StreamLoss, FaultKind.StreamDouble, FaultKind.StreamLate, FaultKind.StreamFull];

    [Fact]
    public void Run_OnlyCommandsAreLost_NoAttemptIs()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var plan = Plan.Of(seed);
            plan = plan with
            {
                Faults = [.. plan.Faults.Select(static f => f with { Kind = OfHints[f.Number % OfHints.Length] })],
                BreaksNodes = false,
            };
            var outcome = Run.Of(plan);
            Assert.Equal((seed, null, 0), (seed, outcome.Failure, outcome.NodeLosses));
        }
    }
}
