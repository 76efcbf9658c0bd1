namespace OrleansTasks.Nodes;

/// <summary>The outcome of a renewal by a dispatcher.</summary>
public enum RenewOutcome : byte
{
    /// <summary>
    /// All leases of the node run for another term. The reply may still ask for the list
    /// (<see cref="RenewReply.NeedsList"/>).
    /// </summary>
    Renewed,

    /// <summary>
    /// Nothing is renewed until the worker sends the list of its attempts: it has sent none in this session, and may
    /// hold attempts that the dispatcher does not know.
    /// </summary>
    ListNeeded,

    /// <summary>
    /// The session is over for the dispatcher: a newer one began, or its leases have lapsed. The worker must register
    /// again.
    /// </summary>
    SessionOver,

    /// <summary>Nothing is renewed: the dispatcher cannot prove that it still owns the queue.</summary>
    Unproven,
}
