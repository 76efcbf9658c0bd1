namespace OrleansTasks.Webhooks;

/// <summary>What came of a try.</summary>
/// <param name="Status">The HTTP status; null when the target gave none.</param>
/// <param name="Text">The beginning of the answer's body, at most 1 KiB of it, or what went wrong; null for nothing.</param>
public sealed record WebhookAnswer(int? Status, string? Text)
{
    /// <summary>How many bytes of an answer are kept.</summary>
    public const int MostBytes = 1_024;

    /// <summary>Whether the target has accepted the event.</summary>
    public bool IsAccepted => Status is >= 200 and < 300;
}
