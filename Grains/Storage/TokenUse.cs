namespace OrleansTasks.Storage;

/// <summary>What became of the use of a join token.</summary>
public enum TokenUse
{
    /// <summary>There is no such token.</summary>
    Unknown,

    /// <summary>It was used now, by its first holder, perhaps again. Only then may the caller certify the holder's key.</summary>
    Used,

    /// <summary>It had been used before, for another key, node or instance.</summary>
    Spent,

    /// <summary>It has expired, for its first holder, too.</summary>
    Expired,

    /// <summary>It is for nodes with other names. It was not used.</summary>
    WrongName,
}
