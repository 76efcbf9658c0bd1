namespace OrleansTasks.Worker.Agent;

/// <summary>Why the agent killed an attempt.</summary>
internal enum StopCause
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The master said that the lease is not current, or that it shall not begin any more.</summary>
    Revoked,

    /// <summary>The lease could not be renewed in time.</summary>
    LeaseLapsed,

    /// <summary>The worker shuts down: the attempt is put back uncounted.</summary>
    Shutdown,
}
