namespace OrleansTasks.Access;

/// <summary>The outcome of revoking a key.</summary>
public enum KeyOutcome : byte
{
    /// <summary>The key was revoked.</summary>
    Done,

    /// <summary>No key with this id is valid.</summary>
    NotFound,

    /// <summary>Nothing changed: the key is the last valid one with <see cref="Scopes.Admin"/>.</summary>
    LastAdmin,
}
