using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>A delivery of a webhook that was tried.</summary>
/// <param name="Webhook">The webhook's id.</param>
/// <param name="Delivery">The delivery.</param>
public sealed record DeliveryRow(string Webhook, WebhookDelivery Delivery);
