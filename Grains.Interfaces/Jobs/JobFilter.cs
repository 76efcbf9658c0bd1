using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>Selects jobs; a null filter matches every job. Times are exclusive bounds in Unix milliseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobFilter")]
public sealed record JobFilter(
    [property: Id(0)] JobState? State,
    [property: Id(1)] string? Queue,
    [property: Id(2)] string? Name,
    [property: Id(3)] ImmutableArray<Label> Labels,
    [property: Id(4)] long? CreatedAfter,
    [property: Id(5)] long? CreatedBefore)
{
    /// <summary>A filter that matches every job.</summary>
    public static JobFilter All { get; } = new(null, null, null, [], null, null);
}
