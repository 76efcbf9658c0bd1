using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// API keys with the hashes of their secrets. <c>otask key --data</c> changes them from another process, even while the
/// service runs, so gateways reread them every few seconds. All methods throw <see cref="StoreUnavailableException"/>;
/// those that write also throw <see cref="OutcomeUnknownException"/>. Times are Unix milliseconds.
/// </summary>
public interface IKeyStore
{
    /// <summary>Returns every key that is not revoked, including expired ones, oldest first.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key. Its creation time is <paramref name="at"/>; <see cref="KeyRecord.CreatedAt"/> is ignored. Throws
    /// <see cref="StoreRefusedException"/> if a key with this id was ever stored.
    /// </summary>
    Task Add(KeyRecord key, long at, AuditRecord? audit = null);

    /// <summary>Permanently revokes a key. Returns false if the key does not exist or is already revoked.</summary>
    Task<bool> Revoke(string id, long at, AuditRecord? audit = null);

    /// <summary>
    /// Permanently revokes a key, unless it is the last valid key with <see cref="Scopes.Admin"/>. Returns
    /// <see cref="KeyOutcome.NotFound"/> also if the key is already revoked.
    /// </summary>
    Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null);

    /// <summary>
    /// Records when and from where keys were last used. Ignores unknown keys, and uses older than the recorded one.
    /// </summary>
    Task Used(ImmutableArray<KeyUse> uses);
}
