namespace OrleansTasks.Webhooks;

/// <summary>What became of a call that concerns a webhook.</summary>
public enum WebhookOutcome : byte
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>There is no such webhook, or no such delivery of it.</summary>
    NotFound,

    /// <summary>Nothing may be sent to the address. Nothing was changed.</summary>
    Refused,

    /// <summary>There are as many webhooks, or tries that somebody has asked for, as there may be. Nothing was changed.</summary>
    TooMany,
}
