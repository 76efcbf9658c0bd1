namespace OrleansTasks.Webhooks;

/// <summary>
/// A delivery in memory: it is under way, or it has failed and waits for its next try. One that was never tried is not
/// stored; its events are still behind the stored position.
/// </summary>
/// <param name="target">The webhook.</param>
/// <param name="message">The <c>webhook-id</c>, the same at every try.</param>
/// <param name="body">The event's JSON.</param>
internal sealed class PendingDelivery(LiveWebhook target, string message, ReadOnlyMemory<byte> body)
{
    public LiveWebhook Target { get; } = target;

    public string Message { get; } = message;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Its number among the webhook's deliveries; 0 before the result of its first try.</summary>
    public long N { get; set; }

    /// <summary>The event's place; null for a test and for what was read from the store.</summary>
    public (EventSource Source, long Number, int Index)? Place { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Tries { get; set; }

    /// <summary>How many of the tries were those of <see cref="RetrySchedule"/>, which are counted until it is given up.</summary>
    public int Steps { get; set; }

    /// <summary>When the next try is due, by the steady clock.</summary>
    public long DueAt { get; set; }

    /// <summary>Whether it is tried once and no more, at somebody's request: a test, or another try of what has ended.</summary>
    public bool IsOnce { get; init; }

    /// <summary>Whether somebody waits for the next try, which comes before all others, and also while the webhook is paused.</summary>
    public bool IsAsked { get; set; }

    /// <summary>
    /// Whether it may be tried before it is due, since its target works again after a while, or is another one. Such a try, as one that somebody
    /// asks for, is none of the schedule's: when it fails, the next one is due when it was.
    /// </summary>
    public bool IsEarly { get; set; }

    /// <summary>Whether the running try is none of the schedule's.</summary>
    public bool IsExtra { get; set; }

    /// <summary>What it is when a try that is the last one fails.</summary>
    public DeliveryState StateAtFailure { get; init; } = DeliveryState.Failed;

    /// <summary>Whether a try is running.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>Where the running try is sent; null before the first.</summary>
    public string? Url { get; set; }

    /// <summary>Whether the running try counts among those to failing targets.</summary>
    public bool IsProbe { get; set; }
}
