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
                return Task.FromException(new StoreUnavailableException("A key of that id is stored already."));
            keys.Add((key, false));
            audit?.Add(0, record);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? record = null)
    {
        lock (gate)
        {
            var index = keys.FindIndex(k => k.Key.Id == id && !k.Revoked);
            if (index >= 0)
            {
                keys[index] = (keys[index].Key, true);
                audit?.Add(0, record);
            }

            return Task.FromResult(index >= 0);
        }
    }
}
