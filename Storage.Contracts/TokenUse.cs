namespace OrleansTasks.Storage;

/// <summary>
/// Whether a worker may join. If several refusals apply, the first of Unknown, Spent, Expired, WrongName is given.
/// </summary>
public enum TokenUse
{
    /// <summary>
    /// No such token: it was never created, was deleted long after its expiry, or its node was forgotten.
    /// </summary>
    Unknown,

    /// <summary>This holder has used the token, now or before.</summary>
    Used,

    /// <summary>Another key, node or instance has used the token.</summary>
    Spent,

    /// <summary>The token has expired, for its first holder as well.</summary>
    Expired,

    /// <summary>The token is for nodes with other names; a node whose name matches can still use it.</summary>
    WrongName,
}
