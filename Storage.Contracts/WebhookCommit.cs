using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// One transaction of the webhook grain under its epoch. <c>Deliveries</c> replace those of the same number, or the
/// same webhook and message. Deliveries that ended, and ids deleted, a week before <c>At</c> are removed.
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
