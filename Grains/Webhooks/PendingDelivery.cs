namespace OrleansTasks.Webhooks;

/// <summary>
/// A delivery in memory: under way, or waiting for its next try. A delivery that was never tried is not stored; its
/// event is still ahead of the stored position.
/// </summary>
internal sealed class PendingDelivery(LiveWebhook target, string message, ReadOnlyMemory<byte> body)
{
    public LiveWebhook Target { get; } = target;

    public string Message { get; } = message;

    /// <summary>The event's JSON: of the event stream until <see cref="Fill"/>, and then as it is sent.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; } = body;

    /// <summary>The event, until <see cref="Fill"/> has added what it is about; null for a body that was stored.</summary>
    public StoredEvent? Bare { get; set; }

    /// <summary>Sets the body that every try sends.</summary>
    public void Fill(ReadOnlyMemory<byte> whole) => (Body, Bare) = (whole, null);

    /// <summary>Number among the webhook's deliveries; 0 until the first try has ended.</summary>
    public long N { get; set; }

    /// <summary>The event's place in its source; null for tests and for deliveries read from the store.</summary>
    public (EventSource Source, long Number, int Index)? Place { get; init; }

    public int Tries { get; set; }

    /// <summary>Number of tries that count in <see cref="RetrySchedule"/>, unlike requested and early ones.</summary>
    public int Steps { get; set; }

    /// <summary>When the next try is due, in steady milliseconds.</summary>
    public long DueAt { get; set; }

    /// <summary>Whether this is a single requested try: a test, or another try of an ended delivery.</summary>
    public bool IsOnce { get; init; }

    /// <summary>Whether a caller waits for the next try: it comes first, even while the webhook is paused.</summary>
    public bool IsAsked { get; set; }

    /// <summary>
    /// Whether to try before the due time, because the target recovered or has a new address. If an early or requested
    /// try fails, the delivery keeps its due time.
    /// </summary>
    public bool IsEarly { get; set; }

    /// <summary>Whether the running try does not count in the schedule.</summary>
    public bool IsExtra { get; set; }

    /// <summary>The state of the delivery if its last try fails.</summary>
    public DeliveryState StateAtFailure { get; init; } = DeliveryState.Failed;

    public bool IsUnderWay { get; set; }

    /// <summary>Address of the latest try; null before the first.</summary>
    public string? Url { get; set; }

    /// <summary>Whether the running try counts among those to failing targets.</summary>
    public bool IsProbe { get; set; }
}
