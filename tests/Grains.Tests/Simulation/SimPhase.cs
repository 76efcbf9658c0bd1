namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>Where an attempt is in a simulated worker.</summary>
internal enum SimPhase
{
    Running,
    Ended,
    Refused,
    Dropped,
}
