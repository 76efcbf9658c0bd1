using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// The host cannot start a command now, though it may later, or another worker may. The chunk is put back and does not
/// fail.
/// </summary>
/// <param name="message">The reason, as a sentence.</param>
internal sealed class CommandPutBack(string message) : Exception(message)
{
    /// <summary>Throws if an outcome is that of a command that was put back.</summary>
    internal static void ThrowIf(ProcessOutcome outcome)
    {
        if (outcome is { Reason: ProcessEndReason.Killed, Message: { } why })
            throw new CommandPutBack(why);
    }
}
