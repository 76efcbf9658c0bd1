namespace OrleansTasks.Storage.Memory;

/// <summary>What a memory store does to a commit.</summary>
public enum CommitFault
{
    /// <summary>Nothing: it is written and answered.</summary>
    None,

    /// <summary>It is not written, and the answer says so.</summary>
    Fail,

    /// <summary>It is not written, since something in it cannot be stored.</summary>
    Refuse,

    /// <summary>It is written, but the answer is that nobody knows.</summary>
    UnknownLanded,

    /// <summary>It is not written, and the answer is that nobody knows.</summary>
    UnknownLost,
}
