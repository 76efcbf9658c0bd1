namespace OrleansTasks.Storage;

/// <summary>
/// Whether a worker may join the service with a join token (<see cref="ITrustStore.UseToken"/>). A token is for one
/// worker, its first holder. Only <see cref="Used"/> permits the join: the silo then certifies the worker's key. With
/// any other value the token is unchanged, and the silo tells the worker why it is refused. When several values fit,
/// the store answers with the first of Unknown, Spent, Expired, WrongName.
/// </summary>
public enum TokenUse
{
    /// <summary>
    /// The store has no such token. It was never made, it was deleted long after it expired, or the node that used it
    /// was forgotten.
    /// </summary>
    Unknown,

    /// <summary>This holder has used the token, for the first time or again (the answer may have been lost).</summary>
    Used,

    /// <summary>Another holder has used the token: another key, node or instance (a worker's data folder).</summary>
    Spent,

    /// <summary>The token has expired. Its first holder cannot use it any more either.</summary>
    Expired,

    /// <summary>The token is for nodes with other names. A node with a right name can still use it.</summary>
    WrongName,
}
