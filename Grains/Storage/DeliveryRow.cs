using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage;

/// <summary>A delivery of a webhook that was tried.</summary>
/// <param name="Webhook">The webhook's id.</param>
/// <param name="Delivery">The delivery.</param>
/// <param name="Steps">How many of its tries were those of the schedule, after the last of which it is given up.</param>
public sealed record DeliveryRow(string Webhook, WebhookDelivery Delivery, int Steps);
