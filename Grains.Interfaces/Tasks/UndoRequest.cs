namespace OrleansTasks.Tasks;

/// <summary>Asks a queue to undo its part of a cancel or retry, for a limited number of tasks at a time.</summary>
/// <param name="Operation">The id of the request that cancelled or retried the tasks.</param>
/// <param name="After">
/// The number of the last task handled by the previous request, which is <see cref="UndoReply.Next"/>; 0 at first.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.UndoRequest")]
public readonly record struct UndoRequest(
    [property: Id(0)] TaskId Operation, [property: Id(1)] long After)
{
    /// <summary>Maximum number of tasks that one request undoes.</summary>
    public const int MostTasks = 500;
}
