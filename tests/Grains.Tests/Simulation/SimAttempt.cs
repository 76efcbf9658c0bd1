using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>One attempt in a simulated worker.</summary>
internal sealed class SimAttempt(LeaseRef lease)
{
    public LeaseRef Lease { get; } = lease;

    public SimPhase Phase { get; set; } = SimPhase.Running;

    public bool IsTold { get; set; }

    public AttemptResult? Result { get; set; }
}
