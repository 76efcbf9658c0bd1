namespace OrleansTasks.Tasks;

/// <summary>One reason why a task is not running yet.</summary>
/// <param name="Code">A stable kebab-case word of the HTTP contract.</param>
/// <param name="Detail">A sentence for people.</param>
/// <param name="Count">How many there are of what the code is about; null when the code has no count.</param>
/// <param name="Until">Unix milliseconds: when the reason ends by itself; null when that is not known.</param>
/// <param name="Tasks">The first tasks that the code is about; null when the code names none.</param>
[GenerateSerializer, Immutable, Alias("ot.WaitReason")]
public sealed record WaitReason([property: Id(0)] string Code, [property: Id(1)] string Detail,
    [property: Id(2)] long? Count = null, [property: Id(3)] long? Until = null,
    [property: Id(4)] ImmutableArray<TaskId>? Tasks = null);
