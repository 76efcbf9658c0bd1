namespace OrleansTasks.Webhooks;

/// <summary>
/// The result of a try. The status is null if the target sent none; the text is the start of the body (at most 1 KiB)
/// or the error.
/// </summary>
public sealed record WebhookAnswer(int? Status, string? Text)
{
    /// <summary>Limit on the part of a body that is kept.</summary>
    public const int MostBytes = 1_024;

    /// <summary>Whether the target accepted the event.</summary>
    public bool IsAccepted => Status is >= 200 and < 300;
}
