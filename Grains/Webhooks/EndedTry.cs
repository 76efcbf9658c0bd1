namespace OrleansTasks.Webhooks;

/// <summary>A try that has ended; the answer is null if the try was cancelled.</summary>
internal readonly record struct EndedTry(PendingDelivery Delivery, WebhookAnswer? Answer, long TookMillis);
