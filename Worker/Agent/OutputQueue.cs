namespace OrleansTasks.Worker.Agent;

/// <summary>Attempts whose output waits, each once, in the order of their turns. The owner does the locking.</summary>
internal sealed class OutputQueue
{
    private readonly LinkedList<OutputBuffer> attempts = [];

    /// <summary>Whether no attempt waits.</summary>
    internal bool IsEmpty => attempts.Count == 0;

    /// <summary>Adds an attempt at the end. It keeps its place if it already waits.</summary>
    internal void Add(OutputBuffer output)
    {
        var turn = output.Turn ??= new LinkedListNode<OutputBuffer>(output);
        if (turn.List is null)
            attempts.AddLast(turn);
    }

    /// <summary>Removes an attempt, if it waits.</summary>
    internal void Remove(OutputBuffer output)
    {
        if (output.Turn is { List: not null } turn)
            attempts.Remove(turn);
    }

    /// <summary>Returns the waiting attempts, in order.</summary>
    internal OutputBuffer[] ToArray() => [.. attempts];
}
