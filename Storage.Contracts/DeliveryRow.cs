using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>A delivery that was tried. <c>Steps</c> counts scheduled tries; after the last it is given up.</summary>
public sealed record DeliveryRow(string Webhook, WebhookDelivery Delivery, int Steps);
