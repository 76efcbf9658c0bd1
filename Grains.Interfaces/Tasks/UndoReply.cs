namespace OrleansTasks.Tasks;

/// <summary>
/// What has become of the tasks of one <see cref="UndoRequest"/>. A repeated request has the same reply: what was decided
/// once stays so.
/// </summary>
/// <param name="Counts">How many tasks have each <see cref="UndoOutcome"/>; its number is the index.</param>
/// <param name="Next">Where the next request goes on (<see cref="UndoRequest.After"/>); 0 when this was the last.</param>
[GenerateSerializer, Immutable, Alias("ot.UndoReply")]
public sealed record UndoReply(
    [property: Id(0)] ImmutableArray<int> Counts, [property: Id(1)] long Next);
