namespace OrleansTasks.Storage;

/// <summary>Whether a worker may join. If several fit: the first of Unknown, Spent, Expired, WrongName.</summary>
public enum TokenUse
{
    /// <summary>No such token: never created, deleted long after its expiry, or its node was forgotten.</summary>
    Unknown,

    /// <summary>This holder has used the token, now or before.</summary>
    Used,

    /// <summary>Another key, node or instance has used the token.</summary>
    Spent,

    /// <summary>Expired, for its first holder as well.</summary>
    Expired,

    /// <summary>For nodes with other names; a node with a right name can still use it.</summary>
    WrongName,
}
