using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The nodes of a simulated cluster: they stay when the store crashes, and cannot be reached while it is down.
/// </summary>
internal sealed class SimNodeStore(SimStore store, TimeProvider clock, SimRandom chance) : INodeStore
{
    private readonly MemoryNodeStore data = new();

    /// <inheritdoc/>
    public Task<NodeRow?> Get(string id) => Run(() => data.Get(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeRow>> List() => Run(data.List);

    /// <inheritdoc/>
    public Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at) =>
        Run(() => data.OpenSession(id, registration, at));

    /// <inheritdoc/>
    public Task Close(string id, long session, long at) => Run(async () =>
    {
        await data.Close(id, session, at);
        return true;
    });

    /// <inheritdoc/>
    public Task AddLimits(string id, long session, Limits limits) => Run(async () =>
    {
        await data.AddLimits(id, session, limits);
        return true;
    });

    /// <inheritdoc/>
    public Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null) =>
        Run(() => data.SetDraining(id, draining, audit));

    /// <inheritdoc/>
    public Task<bool> Delete(string id, AuditRecord? audit = null) => Run(() => data.Delete(id, audit));

    private async Task<T> Run<T>(Func<Task<T>> action)
    {
        await Task.Delay(chance.Between(TimeSpan.FromMicroseconds(50), store.Slowest), clock);
        if (store.IsDown)
            throw new StoreUnavailableException("The store is down.");
        return await action();
    }
}
