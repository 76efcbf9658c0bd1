namespace OrleansTasks.Webhooks;

/// <summary>One try of a delivery.</summary>
/// <param name="Url">The target.</param>
/// <param name="Message">The header <c>webhook-id</c>.</param>
/// <param name="Timestamp">The header <c>webhook-timestamp</c>: Unix seconds.</param>
/// <param name="Signature">The header <c>webhook-signature</c>.</param>
/// <param name="Body">The event's JSON.</param>
public sealed record WebhookRequest(Uri Url, string Message, long Timestamp, string Signature, ReadOnlyMemory<byte> Body);
