namespace OrleansTasks.Nodes;

/// <summary>How a dispatcher took a renewal.</summary>
public enum RenewOutcome : byte
{
    /// <summary>All leases run for another term.</summary>
    Renewed,

    /// <summary>
    /// Nothing is renewed before the node's grain sends the list: the dispatcher cannot know which attempts of earlier
    /// sessions or owners the worker has.
    /// </summary>
    ListNeeded,

    /// <summary>The session is over here: its leases have lapsed. The worker must register anew.</summary>
    SessionOver,

    /// <summary>Nothing is renewed: the dispatcher cannot prove now that the queue is still its own.</summary>
    Unproven,
}
