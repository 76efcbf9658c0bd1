using Microsoft.Extensions.Logging;

namespace OrleansTasks.Webhooks;

// The log messages of WebhookGrain. None has an address, since its path or query may be a secret of the target.
public sealed partial class WebhookGrain
{
    /// <summary>Logged once for an activation, when its loop throws.</summary>
    [LoggerMessage(700, LogLevel.Warning, "The activation of the webhooks failed and is deactivated; the next one reads them from the store")]
    private partial void LogActivationFailed(Exception cause);

    /// <summary>Logged when the first of a webhook's tries has failed after a success.</summary>
    [LoggerMessage(701, LogLevel.Warning, "Webhook {Webhook} fails (status {Status}); its events are kept and tried again")]
    private partial void LogFailing(string webhook, int? status);

    /// <summary>Logged when a target that failed has accepted something.</summary>
    [LoggerMessage(702, LogLevel.Information, "Webhook {Webhook} works again")]
    private partial void LogWorks(string webhook);

    /// <summary>Logged when a delivery is given up.</summary>
    [LoggerMessage(703, LogLevel.Warning, "Delivery {N} of webhook {Webhook} was given up after {Tries} tries")]
    private partial void LogGivenUp(long n, string webhook, int tries);

    /// <summary>Logged when a webhook's position is older than the stored events.</summary>
    [LoggerMessage(704, LogLevel.Error, "Events for webhook {Webhook} were removed for their age before they could be sent; delivery {N} tells which")]
    private partial void LogMissed(string webhook, long n);

    /// <summary>Logged when results cannot be stored; nothing new is sent until they are.</summary>
    [LoggerMessage(705, LogLevel.Warning, "Results of webhooks' deliveries cannot be stored; storing them is tried again every second")]
    private partial void LogNotStored(Exception cause);
}
