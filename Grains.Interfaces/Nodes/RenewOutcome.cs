namespace OrleansTasks.Nodes;

/// <summary>The outcome of a renewal by a dispatcher.</summary>
public enum RenewOutcome : byte
{
    /// <summary>All leases run for another term.</summary>
    Renewed,

    /// <summary>Nothing is renewed until the worker sends the list, because its earlier attempts are unknown.</summary>
    ListNeeded,

    /// <summary>The session's leases have lapsed here, so the worker must register again.</summary>
    SessionOver,

    /// <summary>Nothing is renewed: the dispatcher cannot prove that it still owns the queue.</summary>
    Unproven,
}
