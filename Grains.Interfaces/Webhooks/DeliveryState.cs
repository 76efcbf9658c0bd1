namespace OrleansTasks.Webhooks;

/// <summary>How a delivery stands. Stored as a number: never renumber.</summary>
public enum DeliveryState : byte
{
    /// <summary>It has failed, and will be tried again.</summary>
    Open = 0,

    /// <summary>The target has accepted it.</summary>
    Delivered = 1,

    /// <summary>It has failed for good.</summary>
    Failed = 2,

    /// <summary>It stands for events that were removed for their age before they could be sent.</summary>
    Missed = 3,
}
