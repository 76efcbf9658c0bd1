namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Attempts whose output waits, each once, in the order in which they get their turns. Its owner locks.
/// </summary>
internal sealed class OutputQueue
{
    private readonly LinkedList<AttemptOutput> attempts = [];

    /// <summary>Whether no attempt waits.</summary>
    internal bool IsEmpty => attempts.Count == 0;

    /// <summary>An attempt waits behind all others, or where it does already.</summary>
    internal void Add(AttemptOutput output)
    {
        var turn = output.Turn ??= new LinkedListNode<AttemptOutput>(output);
        if (turn.List is null)
            attempts.AddLast(turn);
    }

    /// <summary>An attempt does not wait, or not any more.</summary>
    internal void Remove(AttemptOutput output)
    {
        if (output.Turn is { List: not null } turn)
            attempts.Remove(turn);
    }

    /// <summary>All that wait, the next one first.</summary>
    internal AttemptOutput[] ToArray() => [.. attempts];
}
