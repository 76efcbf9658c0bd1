using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>Selects the workflows of a list; a null filter matches every workflow.</summary>
/// <param name="State">Only workflows in this state.</param>
/// <param name="Queue">Only workflows of this queue.</param>
/// <param name="Name">Only workflows with exactly this name.</param>
/// <param name="Labels">Only workflows with all of these labels.</param>
/// <param name="CreatedAfter">Only workflows created later than this, in Unix milliseconds.</param>
/// <param name="CreatedBefore">Only workflows created earlier than this, in Unix milliseconds.</param>
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
    /// Only workflows with this in the name, in any letter case, or with it as a label (<c>key=value</c>). If set, only
    /// the newest workflows are searched.
    /// </summary>
    [Id(6)] public string? Text { get; init; }

    /// <summary>A filter that matches every workflow.</summary>
    public static WorkflowFilter All { get; } = new(null, null, null, [], null, null);
}
