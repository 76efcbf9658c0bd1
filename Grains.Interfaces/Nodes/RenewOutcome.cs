namespace OrleansTasks.Nodes;

/// <summary>How a dispatcher took a renewal.</summary>
public enum RenewOutcome : byte
{
    /// <summary>All leases run for another term.</summary>
    Renewed,

    /// <summary>The digests differ: the node's grain sends the list.</summary>
    ListNeeded,

    /// <summary>The session is over here: its leases have lapsed. The worker must register anew.</summary>
    SessionOver,
}
