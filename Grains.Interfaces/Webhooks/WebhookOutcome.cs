namespace OrleansTasks.Webhooks;

/// <summary>The outcome of a call about a webhook.</summary>
public enum WebhookOutcome : byte
{
    /// <summary>The call succeeded.</summary>
    Done,

    /// <summary>There is no such webhook, or no such delivery of it.</summary>
    NotFound,

    /// <summary>Nothing changed: requests to this address are not allowed.</summary>
    Refused,

    /// <summary>Nothing changed: there are too many webhooks, or too many requested tries.</summary>
    TooMany,
}
