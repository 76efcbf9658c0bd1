using OrleansTasks.Tasks;

namespace OrleansTasks.Audit;

/// <summary>
/// Selects audit records; a null filter matches all. Actor is a key's id or name; Before is an exclusive id.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.AuditQuery")]
public sealed record AuditQuery(
    [property: Id(0)] string? Actor,
    [property: Id(1)] string? Action,
    [property: Id(2)] string? Target,
    [property: Id(3)] TaskId? Before,
    [property: Id(4)] int Limit);
