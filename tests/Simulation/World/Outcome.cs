using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.World;

/// <summary>How a run ended.</summary>
/// <param name="Plan">Its plan.</param>
/// <param name="Failure">What did not hold; null when everything did.</param>
/// <param name="Hash">The trace's hash.</param>
/// <param name="Steps">How many turns it took.</param>
/// <param name="Time">How long it took in virtual time.</param>
/// <param name="Commits">How many commits reached the disk.</param>
/// <param name="Tasks">How many tasks were accepted.</param>
/// <param name="Jobs">How many jobs were accepted.</param>
/// <param name="Chunks">How many of their chunks were done.</param>
/// <param name="NodeLosses">How many tasks lost a node.</param>
/// <param name="Coverage">What happened.</param>
internal sealed record Outcome(
    Plan Plan, string? Failure, ulong Hash, long Steps, TimeSpan Time, int Commits, int Tasks, int Jobs, int Chunks, int NodeLosses, Coverage Coverage);
