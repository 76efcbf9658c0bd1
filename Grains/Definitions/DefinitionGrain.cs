using Orleans.Concurrency;
using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Definitions;

/// <summary>Stores definitions and records their runs for gateways. The store orders concurrent calls.</summary>
[GrainType("definitions"), StatelessWorker(4), Reentrant]
public sealed class DefinitionGrain(IDefinitionStore store, TimeProvider time) : Grain, IDefinitionGrain
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<DefinitionReply> Put(DefinitionChange change)
    {
        var (origin, now) = (Origin.Of(AuditActions.PutDefinition), Now);
        var next = new DefinitionView(change.Name, 0, change.Kind, change.Body, now)
        {
            Key = origin?.Key, KeyName = origin?.KeyName, Says = origin?.Says, Reason = origin?.Reason,
        };
        return store.Put(next, change.Version, (before, after) => DefinitionAudit.Of(origin, now, before, after));
    }

    /// <inheritdoc/>
    public Task<DefinitionView?> Get(string name, long? version) => store.Get(name, version);

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>> List(string prefix, string after, int limit) => store.List(prefix, after, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionView>?> History(string name, long before, int limit) => store.History(name, before, limit);

    /// <inheritdoc/>
    public Task<bool> Delete(string name)
    {
        var (origin, now) = (Origin.Of(AuditActions.DeleteDefinition), Now);
        return store.Delete(name, now, before => DefinitionAudit.Of(origin, now, before, null));
    }

    /// <inheritdoc/>
    public Task<DefinitionRun?> AddRun(DefinitionRun run)
    {
        var (origin, now) = (Origin.Of(AuditActions.RunDefinition, AuditActions.FireTrigger), Now);
        // The audit record has the run's id, so that it can be removed with the run.
        var ofRun = origin is null ? null : origin with { Id = run.Id };
        return store.AddRun(run with { At = now }, AuditRecord.Of(ofRun, now));
    }

    /// <inheritdoc/>
    public Task RemoveRun(TaskId id) => store.RemoveRun(id);

    /// <inheritdoc/>
    public Task<bool> Started(TaskId id) => store.Started(id);

    /// <inheritdoc/>
    public Task<DefinitionRun?> FindRun(TaskId id) => store.FindRun(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<DefinitionRun>> Runs(string name, long before, int limit) => store.Runs(name, before, limit);
}
