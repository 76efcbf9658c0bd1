namespace OrleansTasks.Simulation;

/// <summary>A run that held.</summary>
/// <param name="Hash">A hash of all steps: two runs of a seed with the same code have the same one.</param>
/// <param name="Steps">How many steps it took.</param>
/// <param name="Time">How much virtual time passed.</param>
public sealed record SimulationResult(ulong Hash, long Steps, TimeSpan Time);
