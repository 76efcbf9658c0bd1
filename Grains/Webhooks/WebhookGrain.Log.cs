using Microsoft.Extensions.Logging;

namespace OrleansTasks.Webhooks;

// Messages never contain a target's address: its path or query may be secret.
public sealed partial class WebhookGrain
{
    [LoggerMessage(700, LogLevel.Warning, "The activation of the webhooks failed and is deactivated; the next one reads them from the store")]
    private partial void LogActivationFailed(Exception cause);

    /// <summary>Logged for the first failed try after a success.</summary>
    [LoggerMessage(701, LogLevel.Warning, "Webhook {Webhook} fails (status {Status}); its events are kept and tried again")]
    private partial void LogFailing(string webhook, int? status);

    [LoggerMessage(702, LogLevel.Information, "Webhook {Webhook} works again")]
    private partial void LogWorks(string webhook);

    [LoggerMessage(703, LogLevel.Warning, "Delivery {N} of webhook {Webhook} was given up after {Tries} tries")]
    private partial void LogGivenUp(long n, string webhook, int tries);

    [LoggerMessage(704, LogLevel.Error, "Events for webhook {Webhook} were removed for their age before they could be sent; delivery {N} tells which")]
    private partial void LogMissed(string webhook, long n);

    /// <summary>Logged at each failed attempt; nothing new is sent until the results are stored.</summary>
    [LoggerMessage(705, LogLevel.Warning, "Results of webhooks' deliveries cannot be stored; storing them is tried again every second")]
    private partial void LogNotStored(Exception cause);
}
