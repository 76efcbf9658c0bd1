using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>A webhook: events of <c>Types</c> go to <c>Url</c>, signed with <c>Secret</c>, unless paused.</summary>
public sealed record WebhookRow(
    string Id, string Url, WebhookTypes Types, bool Paused, long CreatedAt, ReadOnlyMemory<byte> Secret)
{
    /// <summary>The secret before the last rotation, or empty.</summary>
    public ReadOnlyMemory<byte> OldSecret { get; init; }

    /// <summary>Until when <see cref="OldSecret"/> signs deliveries as well, Unix milliseconds.</summary>
    public long OldUntil { get; init; }

    /// <summary>The largest delivery number; 0 before the first.</summary>
    public long LastN { get; init; }

    /// <summary>When the first try failed since the last success, Unix milliseconds; 0 if none has.</summary>
    public long FailingSince { get; init; }

    /// <summary>All events before it were tried once and have stored deliveries, or are not for the webhook.</summary>
    public WebhookCursor Seen { get; init; }
}
