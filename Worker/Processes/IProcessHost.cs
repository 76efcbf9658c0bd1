using OrleansTasks.Worker.Processes.Containers;

namespace OrleansTasks.Worker.Processes;

/// <summary>Starts commands. <see cref="ProcessHost"/> is the implementation that runs real ones.</summary>
public interface IProcessHost
{
    /// <summary>
    /// Starts a command and returns at once. A failure to start is reported in the outcome, not as an exception.
    /// </summary>
    /// <param name="request">What to start.</param>
    /// <exception cref="ArgumentException">
    /// The request can never be started: it has no program, a NUL in a string, or a number out of range.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The host is closing.</exception>
    IRunningProcess Start(StartRequest request);

    /// <summary>
    /// Whether the worker is ending. It is set before the first command is killed for that reason, so the end of a
    /// command that was running until then says nothing about the command.
    /// </summary>
    bool IsEnding { get; }

    /// <summary>Whether a command in a container of this image can start at once.</summary>
    bool HasImage(string image, PullPolicy pull) => false;

    /// <summary>
    /// Looks for the image of a container on this machine, and pulls it as the policy says. Returns why the image
    /// cannot be used; null if it can.
    /// </summary>
    Task<string?> PrepareImageAsync(string image, PullPolicy pull, CancellationToken cancellation) =>
        Task.FromResult<string?>("this worker cannot run containers");
}
