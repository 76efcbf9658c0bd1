using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The webhooks of a simulated cluster: they stay when the store crashes, and cannot be reached while it is down. During the
/// turmoil, now and then a write fails, or is not told of, whether it landed or not.
/// </summary>
internal sealed class SimWebhookStore(SimStore store, TimeProvider clock, SimRandom chance, Func<bool> isTurmoil) : IWebhookStore
{
    private const double Failures = 0.03;
    private readonly MemoryWebhookStore data = new();

    /// <inheritdoc/>
    public ValueTask<bool> Any() => data.Any();

    /// <inheritdoc/>
    public Task<bool> IsDeleted(string id) => Read(() => data.IsDeleted(id));

    /// <inheritdoc/>
    public Task<long> TakeEpoch() => Write(data.TakeEpoch);

    /// <inheritdoc/>
    public Task<bool> Owns(long epoch) => Read(() => data.Owns(epoch));

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookRow>> List() => Read(data.List);

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Open() => Read(data.Open);

    /// <inheritdoc/>
    public Task<bool> Commit(WebhookCommit commit) => Write(() => data.Commit(commit));

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit) =>
        Read(() => data.Deliveries(webhook, before, since, limit));

    private async Task<T> Read<T>(Func<Task<T>> read)
    {
        await Task.Delay(chance.Between(TimeSpan.FromMicroseconds(50), store.Slowest), clock);
        if (store.IsDown)
            throw new StoreUnavailableException("The store is down.");
        return await read();
    }

    private async Task<T> Write<T>(Func<Task<T>> write)
    {
        var fate = isTurmoil() ? chance.NextDouble() / Failures : 1;
        if (fate < 0.4)
            throw new StoreUnavailableException("The store took nothing.");
        await Task.Delay(chance.Between(TimeSpan.FromMicroseconds(50), store.Slowest), clock);
        if (store.IsDown)
            throw new StoreUnavailableException("The store is down.");
        if (fate < 0.7)
            throw new OutcomeUnknownException("Nobody knows whether it was written; it was not.");
        var written = await write();
        return fate < 1 ? throw new OutcomeUnknownException("Nobody knows whether it was written; it was.") : written;
    }
}
