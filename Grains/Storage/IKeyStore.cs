using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// The API keys by which callers of the HTTP API prove themselves. Only hashes of the keys' secrets are stored.
/// The command <c>otask key</c> adds and revokes keys, from another process, also while the service runs. Gateways only
/// read the keys (<see cref="AccessReaderGrain"/>), again every few seconds, so a change takes effect within seconds.
/// All methods throw <see cref="StoreUnavailableException"/> when nothing could be read or written. Methods that write
/// throw <see cref="OutcomeUnknownException"/> when the store cannot tell whether the change was written.
/// </summary>
public interface IKeyStore
{
    /// <summary>Returns every key that is not revoked, oldest first. Keys do not expire.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key. Throws <see cref="StoreUnavailableException"/> when a key with this id was ever stored, even if it
    /// is revoked.
    /// </summary>
    /// <param name="key">The key, with the hash of its secret.</param>
    /// <param name="at">The time of its creation, in Unix milliseconds.</param>
    /// <param name="audit">Who asked for it, stored with the key; null when nobody is to be recorded.</param>
    Task Add(KeyRecord key, long at, AuditRecord? audit = null);

    /// <summary>
    /// Revokes a key for good. Returns false when there is no such key or when it is revoked already.
    /// </summary>
    /// <param name="id">The key's id.</param>
    /// <param name="at">The time of the revocation, in Unix milliseconds.</param>
    /// <param name="audit">Who asked for it, stored with the revocation; null when nobody is to be recorded.</param>
    Task<bool> Revoke(string id, long at, AuditRecord? audit = null);
}
