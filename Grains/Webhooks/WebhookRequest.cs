namespace OrleansTasks.Webhooks;

/// <summary>
/// The request of one try: the headers <c>webhook-id</c>, <c>-timestamp</c> (Unix seconds) and <c>-signature</c>, and
/// JSON. An empty signature leaves its header out.
/// </summary>
public sealed record WebhookRequest(Uri Url, string Message, long Timestamp, string Signature, ReadOnlyMemory<byte> Body);
