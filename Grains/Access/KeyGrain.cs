using Orleans.Concurrency;
using OrleansTasks.Audit;
using OrleansTasks.Cluster;
using OrleansTasks.Storage;

namespace OrleansTasks.Access;

/// <summary>
/// Lists, creates and revokes API keys for gateways. A gateway creates the key's text and sends only the hash. The
/// store ensures that concurrent calls do not revoke the last administrator.
/// </summary>
[GrainType("access-keys"), StatelessWorker(4)]
public sealed class KeyGrain(IKeyStore store, RefusedWrites refused, TimeProvider time) : Grain, IKeyGrain
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> List() => store.List();

    /// <inheritdoc/>
    public async Task<KeyRecord?> Create(KeyRecord key)
    {
        var origin = Origin.Of(AuditActions.CreateKey);
        var keys = await store.List();
        // A gateway repeats a call whose outcome it does not know.
        if (keys.FirstOrDefault(stored => stored.Id == key.Id) is { } same)
            return same;
        if (keys.Length >= IKeyGrain.Most)
            return null;
        var now = Now;
        await store.Add(key, now, KeyAudit.OfCreation(origin, key, now));
        return key with { CreatedAt = now };
    }

    /// <inheritdoc/>
    public async Task<KeyOutcome> Revoke(string id)
    {
        var origin = Origin.Of(AuditActions.RevokeKey);
        if ((await store.List()).FirstOrDefault(stored => stored.Id == id) is not { } key)
            return KeyOutcome.NotFound;
        var now = Now;
        return await store.RevokeUnlessLastAdmin(id, now, KeyAudit.OfRevocation(origin, key, now));
    }

    /// <inheritdoc/>
    public Task Used(ImmutableArray<KeyUse> uses) => RefusedWrites.Separate(uses, part => store.Used([.. part]), (use, refusal) =>
    {
        refused.Note("key", use.Id, $"when it was last used: {refusal.Message}");
        return Task.CompletedTask;
    });
}
