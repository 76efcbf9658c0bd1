using Orleans.Concurrency;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Triggers;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Triggers;

/// <summary>Stores triggers for gateways, and makes their secrets. The store orders concurrent calls.</summary>
[GrainType("triggers"), StatelessWorker(4), Reentrant]
public sealed class TriggerGrain(ITriggerStore store, IRandomness random, TimeProvider time) : Grain, ITriggerGrain
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<TriggerReply> Put(TriggerChange change)
    {
        var (origin, now) = (Origin.Of(AuditActions.PutTrigger), Now);
        var secret = change.Secret ?? NewSecret(change.Kind);
        var next = new TriggerView(change.Name, change.Definition, change.Body, now, now, change.Kind, secret);
        var (outcome, stored) = await store.Put(
            next, keepsSecret: change.Secret is null, onlyCreates: change.OnlyCreates,
            audit: (before, after) => TriggerAudit.Of(origin, now, before, after));
        var isNew = change.Secret is null && stored?.Secret == secret;
        return new TriggerReply(outcome, stored is null ? null : stored with { Secret = "" }, isNew ? secret : null);
    }

    /// <inheritdoc/>
    public async Task<TriggerReply> Rotate(string name)
    {
        var (origin, now) = (Origin.Of(AuditActions.RotateTrigger), Now);
        if (await store.Find(name) is not { } stored)
            return new TriggerReply(TriggerOutcome.NotFound, null, null);
        var next = stored with { Secret = NewSecret(stored.Kind), ChangedAt = now };
        return await store.SetSecret(next, AuditRecord.Of(origin, now))
            ? new TriggerReply(TriggerOutcome.Changed, next with { Secret = "" }, next.Secret)
            : new TriggerReply(TriggerOutcome.NotFound, null, null);
    }

    /// <inheritdoc/>
    public Task<TriggerView?> Find(string name) => store.Find(name);

    /// <inheritdoc/>
    public Task<ImmutableArray<TriggerView>> List(string after, int limit) => store.List(after, limit);

    /// <inheritdoc/>
    public Task<bool> Delete(string name)
    {
        var (origin, now) = (Origin.Of(AuditActions.DeleteTrigger), Now);
        return store.Delete(name, before => TriggerAudit.Of(origin, now, before, null));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Uses(string definition, int limit) => store.Uses(definition, limit);

    private string NewSecret(SignatureKind kind) => TriggerSecret.ToText(kind, WebhookSecret.New(random).Span);
}
