namespace OrleansTasks.Worker.Processes;

/// <summary>An attempt that was started or is about to be.</summary>
public interface IRunningProcess : IStoppable
{
    /// <summary>
    /// Completes when the command has ended and nothing of its process tree is left. It never fails; errors are in the
    /// outcome.
    /// </summary>
    Task<ProcessOutcome> Completion { get; }

    /// <summary>
    /// Passes the outcome to <paramref name="follower"/> when the attempt ends, or at once if it already has.
    /// The follower runs on the thread that saw the end, usually the one that starts other commands and reads their
    /// output, so it must be short and never block or throw. Only one follower is supported.
    /// </summary>
    /// <param name="follower">Receives the outcome.</param>
    void Follow(Action<ProcessOutcome> follower);

    /// <summary>The command's process id; 0 before it has started.</summary>
    int ProcessId { get; }

    /// <summary>
    /// Writes to standard input if <see cref="StartRequest.KeepsInputOpen"/> is set.
    /// Only one write may run at a time, and the bytes must not change until it completes.
    /// </summary>
    /// <param name="bytes">The bytes to write.</param>
    /// <returns>True if all bytes were written; false if the command no longer reads.</returns>
    /// <exception cref="InvalidOperationException">The input is not open, or another write is running.</exception>
    Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the command's input after the write in progress.</summary>
    /// <exception cref="InvalidOperationException">The input is not open.</exception>
    void CloseInput();

    /// <summary>Resumes reading after the sink was full. Does nothing if reading was not stopped.</summary>
    void ResumeOutput();
}
