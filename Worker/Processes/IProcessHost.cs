namespace OrleansTasks.Worker.Processes;

/// <summary>Starts commands. The one implementation that runs real ones is <see cref="ProcessHost"/>.</summary>
public interface IProcessHost
{
    /// <summary>Starts a command and returns at once. A failure to start is an outcome, not an exception.</summary>
    /// <param name="request">What to start.</param>
    /// <exception cref="ArgumentException">
    /// The request can never be started: no program, a NUL in a text, or a number out of range.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The host is closing.</exception>
    IRunningProcess Start(StartRequest request);

    /// <summary>
    /// Whether the worker ends: from before the first of its commands is killed for that. How a command ended that was still seen
    /// running then says nothing about the command.
    /// </summary>
    bool IsEnding { get; }
}
