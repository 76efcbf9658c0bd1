using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>
/// A delivery that was tried at least once. <c>Steps</c> counts its scheduled tries; the last of them ends it.
/// </summary>
public sealed record DeliveryRow(string Webhook, WebhookDelivery Delivery, int Steps);
