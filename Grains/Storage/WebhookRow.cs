using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>A stored webhook.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Url">Where events go.</param>
/// <param name="Types">Which events go there.</param>
/// <param name="Paused">Whether nothing is sent until it is resumed.</param>
/// <param name="CreatedAt">Unix milliseconds.</param>
/// <param name="Secret">The bytes that its deliveries are signed with.</param>
public sealed record WebhookRow(
    string Id, string Url, WebhookTypes Types, bool Paused, long CreatedAt, ReadOnlyMemory<byte> Secret)
{
    /// <summary>The secret before the last rotation; empty when there is none.</summary>
    public ReadOnlyMemory<byte> OldSecret { get; init; }

    /// <summary>Until when deliveries are signed with <see cref="OldSecret"/> too, in Unix milliseconds.</summary>
    public long OldUntil { get; init; }

    /// <summary>The largest number of a delivery; 0 before the first.</summary>
    public long LastN { get; init; }

    /// <summary>When the first of its tries failed after which none has succeeded, in Unix milliseconds; 0 when none has.</summary>
    public long FailingSince { get; init; }

    /// <summary>
    /// How far the events are dealt with: all before were tried once, and their deliveries are stored, or they are not for it.
    /// </summary>
    public WebhookCursor Seen { get; init; }
}
