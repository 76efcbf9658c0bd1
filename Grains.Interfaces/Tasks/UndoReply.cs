namespace OrleansTasks.Tasks;

/// <summary>
/// The outcomes for the tasks of one <see cref="UndoRequest"/>. A repeated request gets the same reply, because decided
/// outcomes do not change.
/// </summary>
/// <param name="Counts">The number of tasks with each <see cref="UndoOutcome"/>, indexed by its value.</param>
/// <param name="Next">The <see cref="UndoRequest.After"/> of the next request; 0 if this was the last.</param>
[GenerateSerializer, Immutable, Alias("ot.UndoReply")]
public sealed record UndoReply(
    [property: Id(0)] ImmutableArray<int> Counts, [property: Id(1)] long Next);
