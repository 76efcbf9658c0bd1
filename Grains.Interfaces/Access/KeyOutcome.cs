namespace OrleansTasks.Access;

/// <summary>What became of a call to revoke a key.</summary>
public enum KeyOutcome : byte
{
    /// <summary>The key is revoked.</summary>
    Done,

    /// <summary>There is no valid key with that id.</summary>
    NotFound,

    /// <summary>Nothing was changed: the key is the last valid one with <see cref="Scopes.Admin"/>.</summary>
    LastAdmin,
}
