namespace OrleansTasks.Simulation;

/// <summary>
/// A test failed in the simulation. The message names the seed, the command that repeats it and the last steps. The
/// inner exception is the test's own.
/// </summary>
public sealed class SeedFailedException : Exception
{
    internal SeedFailedException(long seed, string message, IReadOnlyList<string> lastSteps, Exception inner) : base(message, inner) =>
        (Seed, LastSteps) = (seed, lastSteps);

    /// <summary>The seed that failed.</summary>
    public long Seed { get; }

    /// <summary>The last steps before the failure, oldest first.</summary>
    public IReadOnlyList<string> LastSteps { get; }
}
