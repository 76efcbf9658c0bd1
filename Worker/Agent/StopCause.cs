namespace OrleansTasks.Worker.Agent;

/// <summary>Why the agent killed an attempt.</summary>
internal enum StopCause
{
    /// <summary>The agent did not kill it.</summary>
    None,

    /// <summary>The master said that the lease is not current, or that the attempt must not begin any more.</summary>
    Revoked,

    /// <summary>The lease could not be renewed in time.</summary>
    LeaseLapsed,

    /// <summary>The worker shuts down; the attempt is put back uncounted.</summary>
    Shutdown,
}
