using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Storage;

/// <summary>
/// API keys with hashes of their secrets. <c>otask key --data</c> changes them from another process, even while the
/// service runs. Gateways reread them every few seconds. Methods throw <see cref="StoreUnavailableException"/>; those
/// that write also <see cref="OutcomeUnknownException"/>. Times are Unix milliseconds.
/// </summary>
public interface IKeyStore
{
    /// <summary>Returns every key that is not revoked, including expired ones, oldest first.</summary>
    Task<ImmutableArray<KeyRecord>> List();

    /// <summary>
    /// Stores a key, created at <paramref name="at"/> and not at its <see cref="KeyRecord.CreatedAt"/>. Throws
    /// <see cref="StoreUnavailableException"/> if its id was ever stored.
    /// </summary>
    Task Add(KeyRecord key, long at, AuditRecord? audit = null);

    /// <summary>Revokes a key for good. Returns false if it does not exist or is already revoked.</summary>
    Task<bool> Revoke(string id, long at, AuditRecord? audit = null);

    /// <summary>
    /// Revokes a key for good, unless it is the last valid one with <see cref="Scopes.Admin"/>.
    /// <see cref="KeyOutcome.NotFound"/> also means that it is already revoked.
    /// </summary>
    Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null);

    /// <summary>Stores when and from where keys were last used. Older uses and unknown keys are ignored.</summary>
    Task Used(ImmutableArray<KeyUse> uses);
}
