namespace OrleansTasks.Webhooks;

/// <summary>
/// The request of one try: the headers <c>webhook-id</c>, <c>-timestamp</c> (Unix seconds) and <c>-signature</c>, and
/// JSON. Without a signature the header is left out.
/// </summary>
public sealed record WebhookRequest(Uri Url, string Message, long Timestamp, string Signature, ReadOnlyMemory<byte> Body);
