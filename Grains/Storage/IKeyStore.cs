using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// The API keys by which callers of the HTTP API prove themselves. Only hashes of the keys' secrets are stored.
/// Gateways have keys added and revoked by <see cref="KeyGrain"/>; the command <c>otask key --data</c> does it from
/// another process, also while the service runs. Gateways read the keys (<see cref="AccessReaderGrain"/>) again every
/// few seconds, so a change takes effect within seconds. All methods throw <see cref="StoreUnavailableException"/> when
/// nothing could be read or written. Methods that write throw <see cref="OutcomeUnknownException"/> when the store
/// cannot tell whether the change was written.
/// </summary>
public interface IKeyStore
{
    /// <summary>Returns every key that is not revoked, oldest first; those that have expired, too.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key. Throws <see cref="StoreUnavailableException"/> when a key with this id was ever stored, even if it
    /// is revoked.
    /// </summary>
    /// <param name="key">
    /// The key, with the hash of its secret; its <see cref="KeyRecord.CreatedAt"/> does not count.
    /// </param>
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

    /// <summary>
    /// Revokes a key for good, unless no other key with <see cref="Scopes.Admin"/> would be valid then. A key that has
    /// expired, or has not that scope, may always be revoked. Returns <see cref="KeyOutcome.NotFound"/> when there is
    /// no such key or when it is revoked already.
    /// </summary>
    /// <param name="id">The key's id.</param>
    /// <param name="at">The time of the revocation, in Unix milliseconds.</param>
    /// <param name="audit">Who asked for it, stored with the revocation; null when nobody is to be recorded.</param>
    Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null);

    /// <summary>
    /// Stores when keys were last used, and from where. A use that is older than the stored one changes nothing, and
    /// neither does a use of a key that is not stored.
    /// </summary>
    Task Used(ImmutableArray<KeyUse> uses);
}
