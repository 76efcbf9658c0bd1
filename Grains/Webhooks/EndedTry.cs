namespace OrleansTasks.Webhooks;

/// <summary>A try that has ended.</summary>
/// <param name="Delivery">What was tried.</param>
/// <param name="Answer">What came of it; null when it was cancelled.</param>
/// <param name="TookMillis">How long it took.</param>
internal readonly record struct EndedTry(PendingDelivery Delivery, WebhookAnswer? Answer, long TookMillis);
