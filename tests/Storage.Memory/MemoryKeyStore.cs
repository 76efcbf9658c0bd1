using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Storage.Memory;

/// <summary>The API keys in memory, for tests and simulations.</summary>
/// <param name="audit">Gets who asked for changes; null when nobody reads it.</param>
public sealed class MemoryKeyStore(MemoryAuditStore? audit = null) : IKeyStore
{
    private readonly Lock gate = new();
    private readonly List<(KeyRecord Key, bool Revoked)> keys = [];

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> List()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<KeyRecord>>([.. keys.Where(k => !k.Revoked).Select(k => k.Key)]);
    }

    /// <inheritdoc/>
    public Task Add(KeyRecord key, long at, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (keys.Exists(k => k.Key.Id == key.Id))
                return Task.FromException(new StoreRefusedException("A key of that id is stored already."));
            keys.Add((key with { CreatedAt = at }, false));
            audit?.Add(0, record);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? record = null)
    {
        lock (gate)
            return Task.FromResult(End(id, record));
    }

    /// <inheritdoc/>
    public Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? record = null)
    {
        lock (gate)
        {
            var admins = keys.Where(one => !one.Revoked && one.Key.IsAdminAt(at)).Select(static one => one.Key.Id)
                .ToArray();
            if (admins.Length == 1 && admins[0] == id)
                return Task.FromResult(KeyOutcome.LastAdmin);
            return Task.FromResult(End(id, record) ? KeyOutcome.Done : KeyOutcome.NotFound);
        }
    }

    /// <inheritdoc/>
    public Task Used(ImmutableArray<KeyUse> uses)
    {
        lock (gate)
        {
            foreach (var use in uses)
            {
                var index = keys.FindIndex(one => one.Key.Id == use.Id);
                if (index >= 0 && !(keys[index].Key.LastUsedAt >= use.At))
                {
                    var (key, isRevoked) = keys[index];
                    keys[index] = (key with { LastUsedAt = use.At, LastAddress = use.Address }, isRevoked);
                }
            }
        }

        return Task.CompletedTask;
    }

    private bool End(string id, AuditRecord? record)
    {
        var index = keys.FindIndex(k => k.Key.Id == id && !k.Revoked);
        if (index < 0)
            return false;
        keys[index] = (keys[index].Key, true);
        audit?.Add(0, record);
        return true;
    }
}
