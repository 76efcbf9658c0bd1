namespace OrleansTasks.Worker.Processes;

/// <summary>An attempt that was started, or is about to be.</summary>
public interface IRunningProcess : IStoppable
{
    /// <summary>
    /// Ends when the command has ended and nothing of its process tree is left. It never fails: what goes wrong is in
    /// the outcome.
    /// </summary>
    Task<ProcessOutcome> Completion { get; }

    /// <summary>
    /// Has the outcome told to <paramref name="follower"/>: on the thread that saw the end, which is mostly the one that starts other
    /// commands and reads what they write, or here and now when it has ended already. So it must be short, never wait and never throw.
    /// One follower only.
    /// </summary>
    /// <param name="follower">Takes the outcome.</param>
    void Follow(Action<ProcessOutcome> follower);

    /// <summary>The command's process id; 0 before it has started.</summary>
    int ProcessId { get; }

    /// <summary>
    /// Writes to standard input, when <see cref="StartRequest.KeepsInputOpen"/>. One write at a time; the bytes must
    /// not change before it has ended.
    /// </summary>
    /// <param name="bytes">What to write.</param>
    /// <returns>True when all has been written; false when the command does not read any more.</returns>
    /// <exception cref="InvalidOperationException">The input is not open, or a write has not ended.</exception>
    Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Lets the command see the end of its input, after what is still being written.</summary>
    /// <exception cref="InvalidOperationException">The input is not open.</exception>
    void CloseInput();

    /// <summary>Its sink was full and has room again: reads on. Nothing happens when reading had not stopped.</summary>
    void ResumeOutput();
}
