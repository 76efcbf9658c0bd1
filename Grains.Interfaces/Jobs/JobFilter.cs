using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Which jobs a list means; a null filter matches everything.</summary>
/// <param name="State">In this state.</param>
/// <param name="Queue">Of this queue.</param>
/// <param name="Name">With exactly this name.</param>
/// <param name="Labels">Carrying all of these labels.</param>
/// <param name="CreatedAfter">Created later than this, Unix milliseconds.</param>
/// <param name="CreatedBefore">Created earlier than this, Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.JobFilter")]
public sealed record JobFilter(
    [property: Id(0)] JobState? State,
    [property: Id(1)] string? Queue,
    [property: Id(2)] string? Name,
    [property: Id(3)] ImmutableArray<Label> Labels,
    [property: Id(4)] long? CreatedAfter,
    [property: Id(5)] long? CreatedBefore)
{
    /// <summary>Matches every job.</summary>
    public static JobFilter All { get; } = new(null, null, null, [], null, null);
}
