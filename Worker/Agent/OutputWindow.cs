namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Messages that are not acknowledged yet, in order, of which some are on their way. It is bounded: memory here and at the master
/// does not depend on how quick the disk is. Its owner locks.
/// </summary>
internal sealed class OutputWindow
{
    /// <summary>
    /// Some messages are made durable, some wait at the master for the next sync, and some travel. That takes about 5 ms, in which a
    /// fast disk takes as many messages of 1 MiB.
    /// </summary>
    internal const int MostMessages = 8;

    /// <summary>
    /// With so many bytes nothing more is taken. The turn of the attempt that reaches them is whole, which is a chunk of each of its
    /// streams: so there are never more than about 12 MiB.
    /// </summary>
    internal const long MostBytes = 10 * 1024 * 1024;

    private readonly Queue<OutputMessage> messages = new();
    private long bytes;
    private int sent;

    /// <summary>Whether nothing waits for an acknowledgement.</summary>
    internal bool IsEmpty => messages.Count == 0;

    /// <summary>Whether another message may be taken.</summary>
    internal bool HasRoom => messages.Count < MostMessages && Room > 0;

    /// <summary>How many bytes may still be taken.</summary>
    internal long Room => MostBytes - bytes;

    /// <summary>Another message, after all others.</summary>
    internal void Add(OutputMessage message)
    {
        messages.Enqueue(message);
        bytes += message.Bytes;
    }

    /// <summary>The first message that is not on its way; it is from now on.</summary>
    internal OutputMessage? Send()
    {
        if (sent == messages.Count)
            return null;
        var next = messages.ElementAt(sent++);
        next.Tries++;
        return next;
    }

    /// <summary>The first message is stored.</summary>
    internal OutputMessage Acknowledge()
    {
        if (sent == 0)
            throw new InvalidOperationException("The master has answered more messages than it was sent.");
        sent--;
        var first = messages.Dequeue();
        bytes -= first.Bytes;
        return first;
    }

    /// <summary>
    /// The stream has ended: whatever was on its way is sent again, also what a later answer might have said of it, since an
    /// answer counts only after those before it.
    /// </summary>
    internal void Rewind() => sent = 0;
}
