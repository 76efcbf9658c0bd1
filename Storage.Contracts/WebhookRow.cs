using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>
/// A webhook. Events of <c>Types</c> are sent to <c>Url</c>, signed with <c>Secret</c>, unless it is paused.
/// </summary>
public sealed record WebhookRow(
    string Id, string Url, WebhookTypes Types, bool Paused, long CreatedAt, ReadOnlyMemory<byte> Secret)
{
    /// <summary>The secret before the last rotation; empty if there is none.</summary>
    public ReadOnlyMemory<byte> OldSecret { get; init; }

    /// <summary>The time until which <see cref="OldSecret"/> also signs deliveries, in Unix milliseconds.</summary>
    public long OldUntil { get; init; }

    /// <summary>The largest delivery number; 0 before the first.</summary>
    public long LastN { get; init; }

    /// <summary>When the first failure since the last success occurred, in Unix milliseconds; 0 if none has.</summary>
    public long FailingSince { get; init; }

    /// <summary>Which events of <c>Types</c> the webhook receives.</summary>
    public WebhookFilter Filter { get; init; } = WebhookFilter.All;

    /// <summary>When the target answered 410, which paused the webhook, in Unix milliseconds; 0 if it did not.</summary>
    public long GoneAt { get; init; }

    /// <summary>
    /// The position up to which each event either is not for the webhook, or was tried once and has a stored delivery.
    /// </summary>
    public WebhookCursor Seen { get; init; }
}
