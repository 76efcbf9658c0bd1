using Microsoft.Extensions.Logging;

namespace OrleansTasks.Webhooks;

// Messages never contain a target's address: its path or query may be secret.
public sealed partial class WebhookGrain
{
    [LoggerMessage(700, LogLevel.Warning, "The activation of the webhooks failed and is deactivating; the next one "
        + "reads them from the store")]
    private partial void LogActivationFailed(Exception cause);

    /// <summary>Logged for the first failed try after a success.</summary>
    [LoggerMessage(701, LogLevel.Warning, "Webhook {Webhook} is failing (status {Status}); its events are kept and sent again")]
    private partial void LogFailing(string webhook, int? status);

    [LoggerMessage(702, LogLevel.Information, "Webhook {Webhook} works again")]
    private partial void LogWorks(string webhook);

    [LoggerMessage(703, LogLevel.Warning, "Gave up delivery {N} of webhook {Webhook} after {Tries} tries")]
    private partial void LogGivenUp(long n, string webhook, int tries);

    [LoggerMessage(704, LogLevel.Error, "Events for webhook {Webhook} expired before they could be sent; delivery {N} lists them")]
    private partial void LogMissed(string webhook, long n);

    /// <summary>Logged when the results of one webhook are stored only in part, or the webhook is set aside.</summary>
    [LoggerMessage(706, LogLevel.Error, "The store refused what webhook {Webhook} had to write; {What}")]
    private partial void LogRefused(string webhook, string what, Exception cause);

    [LoggerMessage(707, LogLevel.Warning, "The receiver of webhook {Webhook} is gone (status 410); the webhook is "
        + "paused and keeps its events")]
    private partial void LogGone(string webhook);

    /// <summary>Logged at each failed attempt; nothing new is sent until the results are stored.</summary>
    [LoggerMessage(705, LogLevel.Warning, "Cannot store the results of webhook deliveries; trying again every second")]
    private partial void LogNotStored(Exception cause);
}
