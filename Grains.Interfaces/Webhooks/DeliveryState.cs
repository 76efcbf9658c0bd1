namespace OrleansTasks.Webhooks;

/// <summary>State of a delivery. Stored as a number: never renumber.</summary>
public enum DeliveryState : byte
{
    /// <summary>Failed so far; will be tried again.</summary>
    Open = 0,

    /// <summary>Accepted by the target.</summary>
    Delivered = 1,

    /// <summary>Failed for good.</summary>
    Failed = 2,

    /// <summary>Stands for events that expired before they could be sent.</summary>
    Missed = 3,
}
