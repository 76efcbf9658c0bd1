namespace OrleansTasks.Handlers;

/// <summary>
/// Runs tasks whose command names the handler. Each attempt gets an instance of its own, from a scope of its own.
/// </summary>
public interface ITaskHandler
{
    /// <summary>Runs one attempt of a task.</summary>
    /// <param name="context">What the task asks for, and where its output goes.</param>
    /// <param name="cancellation">
    /// Cancelled if the attempt must end: the task was cancelled, its timeout has passed, its lease is lost, or the
    /// worker shuts down. A handler that continues regardless keeps its slot, and after a lost lease another worker may
    /// run the task at the same time.
    /// </param>
    /// <returns>
    /// How the attempt ended. An exception fails it with exit code 1, and its text goes to standard error.
    /// </returns>
    Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation);
}
