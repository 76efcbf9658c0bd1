using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>Builds audit records of changes to a queue's settings.</summary>
internal static class QueueAudit
{
    /// <summary>
    /// Returns the record, or null without an origin. Null settings before or after mean that the queue was created or
    /// deleted.
    /// </summary>
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
        if (!settings.Blackouts.IsDefaultOrEmpty)
        {
            json.WritePropertyName("blackouts"u8);
            BlackoutText.Write(json, settings.Blackouts);
        }

        json.WriteString("strategy"u8, settings.Placement.Name());
        if (settings.MinimumIsolation != Isolation.None)
            json.WriteString("minimumIsolation"u8, settings.MinimumIsolation == Isolation.Sandbox ? "sandbox"u8 : "none"u8);
    });
}
