namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The messages that are not acknowledged yet, in order; the first ones may be on their way. The window is bounded, so
/// that memory use here and at the master does not depend on the speed of the disk. The owner does the locking.
/// </summary>
internal sealed class OutputWindow
{
    /// <summary>
    /// The maximum number of messages: some are being made durable, some wait at the master for the next sync, and some
    /// are in transit. The round trip takes about 5 ms, in which a fast disk stores this many messages of 1 MiB.
    /// </summary>
    internal const int MostMessages = 8;

    /// <summary>
    /// The number of bytes at which no more output is taken.
    /// The attempt that reaches it still adds a chunk of each of its streams, so the window holds at most about 12 MiB.
    /// </summary>
    internal const long MostBytes = 10 * 1024 * 1024;

    private readonly Queue<OutputMessage> messages = new();
    private long bytes;
    private int sent;

    /// <summary>Whether nothing waits for an acknowledgement.</summary>
    internal bool IsEmpty => messages.Count == 0;

    /// <summary>Whether another message may be taken.</summary>
    internal bool HasRoom => messages.Count < MostMessages && Room > 0;

    /// <summary>How many more bytes may be taken.</summary>
    internal long Room => MostBytes - bytes;

    /// <summary>All messages, in their order.</summary>
    internal IEnumerable<OutputMessage> Messages => messages;

    /// <summary>Adds a message at the end.</summary>
    internal void Add(OutputMessage message)
    {
        messages.Enqueue(message);
        bytes += message.Bytes;
    }

    /// <summary>Returns the next message to send; null if all are on their way.</summary>
    internal OutputMessage? Send()
    {
        if (sent == messages.Count)
            return null;
        var next = messages.ElementAt(sent++);
        next.Tries++;
        return next;
    }

    /// <summary>Removes and returns the first message, which is stored.</summary>
    internal OutputMessage Acknowledge()
    {
        if (sent == 0)
            throw new InvalidOperationException("The master answered more messages than the worker sent.");
        sent--;
        var first = messages.Dequeue();
        bytes -= first.Bytes;
        return first;
    }

    /// <summary>
    /// Marks all messages as unsent after a stream has ended. This includes messages that the master may have stored:
    /// their answers were lost, and an answer counts only after those before it.
    /// </summary>
    internal void Rewind() => sent = 0;
}
