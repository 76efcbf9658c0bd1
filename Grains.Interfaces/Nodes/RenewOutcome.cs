namespace OrleansTasks.Nodes;

/// <summary>How a dispatcher took a renewal.</summary>
public enum RenewOutcome : byte
{
    /// <summary>All leases run for another term.</summary>
    Renewed,

    /// <summary>Nothing is renewed without the list: the worker's earlier attempts are unknown.</summary>
    ListNeeded,

    /// <summary>The session's leases have lapsed here; the worker must register anew.</summary>
    SessionOver,

    /// <summary>Nothing is renewed: the dispatcher cannot prove that it still owns the queue.</summary>
    Unproven,
}
