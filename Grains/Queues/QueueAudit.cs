using OrleansTasks.Audit;

namespace OrleansTasks.Queues;

/// <summary>Says who asked for a change of a queue's settings, and what they were before and are since.</summary>
internal static class QueueAudit
{
    /// <summary>The record of a change; null without an origin.</summary>
    /// <param name="origin">Who asked.</param>
    /// <param name="now">The time of the change, in Unix milliseconds.</param>
    /// <param name="before">The settings before; null when there was no such queue.</param>
    /// <param name="after">The settings since; null when the queue was deleted.</param>
    public static AuditRecord? Of(Origin? origin, long now, QueueSettings? before, QueueSettings? after) =>
        origin is null
        ? null
        : new AuditRecord(origin, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(QueueSettings? settings) => settings is null ? null : AuditText.Of(json =>
    {
        json.WriteNumber("version"u8, settings.Version);
        json.WriteBoolean("paused"u8, settings.Paused);
        if (settings.MaxRunning is { } running)
            json.WriteNumber("maxRunning"u8, running);
        if (settings.MaxDepth is { } depth)
            json.WriteNumber("maxDepth"u8, depth);
        if (settings.RatePerSecond is { } rate)
            json.WriteNumber("ratePerSecond"u8, rate);
        if (settings.Burst is { } burst)
            json.WriteNumber("burst"u8, burst);
        json.WriteNumber("weight"u8, settings.Weight);
        json.WriteString("strategy"u8, settings.Placement.Name());
    });
}
