namespace OrleansTasks.Tasks;

/// <summary>One reason why a task is not running yet.</summary>
/// <param name="Code">A stable word of the HTTP contract in kebab case.</param>
/// <param name="Detail">A human-readable sentence.</param>
/// <param name="Count">The number of things to which the code refers; null if the code has no count.</param>
/// <param name="Until">When the reason ends by itself, in Unix milliseconds; null if unknown.</param>
/// <param name="Tasks">The first tasks to which the code refers; null if it refers to none.</param>
[GenerateSerializer, Immutable, Alias("ot.WaitReason")]
public sealed record WaitReason([property: Id(0)] string Code, [property: Id(1)] string Detail,
    [property: Id(2)] long? Count = null, [property: Id(3)] long? Until = null,
    [property: Id(4)] ImmutableArray<TaskId>? Tasks = null);
