using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>What is stored of webhooks in one transaction.</summary>
/// <param name="Epoch">The owner's number, which <see cref="IWebhookStore.TakeEpoch"/> gave.</param>
/// <param name="Put">Webhooks to store, in place of those with the same ids.</param>
/// <param name="Deleted">Ids of webhooks to delete with their deliveries.</param>
/// <param name="Deliveries">
/// Deliveries to store, in place of those with the same numbers, and of those of the same webhook and message.
/// </param>
/// <param name="At">
/// The time, in Unix milliseconds; deliveries that have ended a week before are removed, and so are the ids of webhooks that were
/// deleted a week before.
/// </param>
public sealed record WebhookCommit(
    long Epoch,
    ImmutableArray<WebhookRow> Put,
    ImmutableArray<string> Deleted,
    ImmutableArray<DeliveryRow> Deliveries,
    long At)
{
    /// <summary>Who asked for the change; null when nobody did.</summary>
    public AuditRecord? Audit { get; init; }
}
