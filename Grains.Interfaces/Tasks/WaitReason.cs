namespace OrleansTasks.Tasks;

/// <summary>One reason why a task is not running yet.</summary>
/// <param name="Code">A stable kebab-case word of the HTTP contract.</param>
/// <param name="Detail">A sentence for people.</param>
[GenerateSerializer, Immutable, Alias("ot.WaitReason")]
public sealed record WaitReason([property: Id(0)] string Code, [property: Id(1)] string Detail);
