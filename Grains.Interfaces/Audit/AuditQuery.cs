using OrleansTasks.Tasks;

namespace OrleansTasks.Audit;

/// <summary>Which records to list; what is null does not matter.</summary>
/// <param name="Actor">Only those of a key with this id or name.</param>
/// <param name="Action">Only those of this action.</param>
/// <param name="Target">Only those with this target.</param>
/// <param name="Before">Only those with smaller ids, which were asked for before.</param>
/// <param name="Limit">How many at most.</param>
[GenerateSerializer, Immutable, Alias("ot.AuditQuery")]
public sealed record AuditQuery(
    [property: Id(0)] string? Actor,
    [property: Id(1)] string? Action,
    [property: Id(2)] string? Target,
    [property: Id(3)] TaskId? Before,
    [property: Id(4)] int Limit);
