using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The nodes in memory, for tests and simulations.</summary>
/// <param name="audit">Gets who asked for changes; null when nobody reads it.</param>
/// <param name="trust">Has the certificates that a forgotten node loses; null if there are none.</param>
public sealed class MemoryNodeStore(MemoryAuditStore? audit = null, MemoryTrustStore? trust = null) : INodeStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, NodeRow> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> forgotten = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<NodeRow?> Get(string id)
    {
        lock (gate)
            return Task.FromResult(nodes.GetValueOrDefault(id));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeRow>> List()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<NodeRow>>([.. nodes.Values]);
    }

    /// <inheritdoc/>
    public Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at)
    {
        lock (gate)
        {
            var known = nodes.GetValueOrDefault(id);
            var row = new NodeRow(
                id, (known?.Session ?? forgotten.GetValueOrDefault(id)) + 1, registration.Instance, registration.Slots, registration.Labels,
                registration.Enforces, registration.Version, registration.Address,
                known?.Draining ?? false, Gone: false, at, registration.EvaluatesChunks);
            nodes[id] = row;
            return Task.FromResult(row);
        }
    }

    /// <inheritdoc/>
    public Task Close(string id, long session, long at)
    {
        Change(id, row => row.Session == session ? row with { Gone = true, SeenAt = at } : row);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AddLimits(string id, long session, Limits limits)
    {
        Change(id, row => row.Session == session ? row with { Enforces = row.Enforces | limits } : row);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> SetDraining(string id, bool draining, AuditRecord? record = null)
    {
        var isThere = Change(id, row => row with { Draining = draining });
        if (isThere)
            audit?.Add(0, record);
        return Task.FromResult(isThere);
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string id, AuditRecord? record = null)
    {
        lock (gate)
        {
            var isRevoked = trust?.Revoke(id) ?? false;
            if (nodes.Remove(id, out var row))
                forgotten[id] = row.Session;
            else if (!isRevoked)
                return Task.FromResult(false);
            audit?.Add(0, record);
            return Task.FromResult(true);
        }
    }

    private bool Change(string id, Func<NodeRow, NodeRow> change)
    {
        lock (gate)
        {
            if (!nodes.TryGetValue(id, out var row))
                return false;
            nodes[id] = change(row);
            return true;
        }
    }
}
