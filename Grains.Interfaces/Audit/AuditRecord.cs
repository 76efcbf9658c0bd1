namespace OrleansTasks.Audit;

/// <summary>
/// A requested change, stored in the transaction that makes it. A request that causes several commits has one record.
/// At is the time of the first commit in Unix milliseconds. Count is the number of tasks or other things changed, at
/// least 1.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.AuditRecord")]
public sealed record AuditRecord(
    [property: Id(0)] Origin Origin, [property: Id(1)] long At, [property: Id(2)] long Count)
{
    /// <summary>The state before, as a small JSON object without secrets; null if not recorded.</summary>
    [Id(3)]
    public string? Before { get; init; }

    /// <summary>The state after, in the form of <see cref="Before"/>.</summary>
    [Id(4)]
    public string? After { get; init; }

    /// <summary>
    /// Creates the record of one change, made at a time in Unix milliseconds; null without an origin.
    /// </summary>
    public static AuditRecord? Of(Origin? origin, long now) => origin is null ? null : new AuditRecord(origin, now, 1);
}
