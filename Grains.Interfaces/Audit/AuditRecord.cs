namespace OrleansTasks.Audit;

/// <summary>
/// A change that somebody asked for. It is stored in the transaction that makes the change. A request that leads to
/// commits of several queues, or to several of one, is one record: their counts are added up.
/// </summary>
/// <param name="Origin">Who asked, and for what.</param>
/// <param name="At">When the first of it was stored, in Unix milliseconds.</param>
/// <param name="Count">How many tasks, or other things, were changed; at least 1.</param>
[GenerateSerializer, Immutable, Alias("ot.AuditRecord")]
public sealed record AuditRecord(
    [property: Id(0)] Origin Origin, [property: Id(1)] long At, [property: Id(2)] long Count)
{
    /// <summary>
    /// What was there before, as a small JSON object without secrets; null where nothing is said of it.
    /// </summary>
    [Id(3)]
    public string? Before { get; init; }

    /// <summary>What is there since, in the form of <see cref="Before"/>.</summary>
    [Id(4)]
    public string? After { get; init; }

    /// <summary>The record of one change; null without an origin.</summary>
    /// <param name="origin">Who asked.</param>
    /// <param name="now">The time of the change, in Unix milliseconds.</param>
    public static AuditRecord? Of(Origin? origin, long now) => origin is null ? null : new AuditRecord(origin, now, 1);
}
