namespace OrleansTasks.Simulation.Store;

/// <summary>What becomes of a commit in a simulated store.</summary>
internal enum CommitFate
{
    /// <summary>It is written and answered.</summary>
    Written,

    /// <summary>It is not written, and the answer says so.</summary>
    Fails,

    /// <summary>It is written, and the answer is that nobody knows.</summary>
    UnknownLanded,

    /// <summary>It is not written, and the answer is that nobody knows.</summary>
    UnknownLost,

    /// <summary>The answer is that nobody knows, and it is written some time later.</summary>
    UnknownLater,

    /// <summary>It is written, and the answer comes late.</summary>
    AnsweredLate,

    /// <summary>The store crashes in the middle of it.</summary>
    Torn,
}
