namespace OrleansTasks.Access;

/// <summary>Outcome of revoking a key.</summary>
public enum KeyOutcome : byte
{
    /// <summary>The key is revoked.</summary>
    Done,

    /// <summary>No valid key has this id.</summary>
    NotFound,

    /// <summary>Nothing changed: the key is the last valid one with <see cref="Scopes.Admin"/>.</summary>
    LastAdmin,
}
