namespace OrleansTasks.Tasks;

/// <summary>Asks a queue to undo what it has done of a bulk or single cancel or retry, some tasks at a time.</summary>
/// <param name="Operation">The id of the request that cancelled or retried the tasks.</param>
/// <param name="After">
/// Only tasks with larger numbers in the queue: 0 at first, then what <see cref="UndoReply.Next"/> says.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.UndoRequest")]
public readonly record struct UndoRequest(
    [property: Id(0)] TaskId Operation, [property: Id(1)] long After)
{
    /// <summary>How many tasks one request undoes at most.</summary>
    public const int MostTasks = 500;
}
