using System.Collections.Concurrent;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Collects the failures that nobody in the product looked at, for as long as it is not disposed. The runtime finds them when it
/// collects garbage, so they belong to a campaign and not to a seed.
/// </summary>
internal sealed class UnobservedFailures : IDisposable
{
    private readonly ConcurrentQueue<Exception> found = new();

    /// <summary>Begins to collect.</summary>
    public UnobservedFailures() => TaskScheduler.UnobservedTaskException += Take;

    /// <summary>The failures so far that no fault explains.</summary>
    public string[] Find()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return [.. found.Select(static failure => failure.ToString())];
    }

    /// <inheritdoc/>
    public void Dispose() => TaskScheduler.UnobservedTaskException -= Take;

    private void Take(object? sender, UnobservedTaskExceptionEventArgs unobserved)
    {
        // A worker that is dead does not look at its broken connections.
        if (ExpectedFailures.Unexplained(unobserved.Exception) is { } unexplained and not (IOException or Violation))
            found.Enqueue(unexplained);
    }
}
