using System.Text.Json;
using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>Builds audit records of changes to a queue's settings.</summary>
internal static class QueueAudit
{
    /// <inheritdoc cref="ChangeAudit.Of{T}"/>
    public static AuditRecord? Of(Origin? origin, long now, QueueSettings? before, QueueSettings? after) =>
        ChangeAudit.Of(origin, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, QueueSettings settings)
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
    }
}
