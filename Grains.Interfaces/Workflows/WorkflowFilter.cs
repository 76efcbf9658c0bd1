using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>Which workflows a list means; a null filter matches everything.</summary>
/// <param name="State">In this state.</param>
/// <param name="Queue">Of this queue.</param>
/// <param name="Name">With exactly this name.</param>
/// <param name="Labels">Carrying all of these labels.</param>
/// <param name="CreatedAfter">Created later than this, Unix milliseconds.</param>
/// <param name="CreatedBefore">Created earlier than this, Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowFilter")]
public sealed record WorkflowFilter(
    [property: Id(0)] WorkflowState? State,
    [property: Id(1)] string? Queue,
    [property: Id(2)] string? Name,
    [property: Id(3)] ImmutableArray<Label> Labels,
    [property: Id(4)] long? CreatedAfter,
    [property: Id(5)] long? CreatedBefore)
{
    /// <summary>
    /// With this in the name, in any letter case, or as a label (<c>key=value</c>). Only the newest workflows are looked
    /// through then.
    /// </summary>
    [Id(6)] public string? Text { get; init; }

    /// <summary>Every workflow.</summary>
    public static WorkflowFilter All { get; } = new(null, null, null, [], null, null);
}
