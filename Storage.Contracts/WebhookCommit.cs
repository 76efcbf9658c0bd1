using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// One transaction of the webhook grain, fenced by its epoch. A delivery replaces a stored one with the same number, or
/// with the same webhook and message. Deliveries that ended, and ids that were deleted, more than a week before
/// <c>At</c> are removed.
/// </summary>
public sealed record WebhookCommit(
    long Epoch,
    ImmutableArray<WebhookRow> Put,
    ImmutableArray<string> Deleted,
    ImmutableArray<DeliveryRow> Deliveries,
    long At)
{
    /// <summary>Who asked for the change, or null.</summary>
    public AuditRecord? Audit { get; init; }
}
