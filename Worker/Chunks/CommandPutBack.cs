using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// The host cannot start a command now, though it may later, or another worker may: the chunk is put back and fails nothing.
/// </summary>
/// <param name="message">Why, in words.</param>
internal sealed class CommandPutBack(string message) : Exception(message)
{
    /// <summary>Throws when an outcome is that of a command that was put back.</summary>
    internal static void ThrowIf(ProcessOutcome outcome)
    {
        if (outcome is { Reason: EndReason.Killed, Message: { } why })
            throw new CommandPutBack(why);
    }
}
