using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The webhooks in memory, for tests and simulations.</summary>
/// <param name="audit">Gets who asked for changes; null when nobody reads it.</param>
public sealed class MemoryWebhookStore(MemoryAuditStore? audit = null) : IWebhookStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, WebhookRow> webhooks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedDictionary<long, DeliveryRow>> deliveries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> deleted = new(StringComparer.Ordinal);
    private long epoch;

    /// <summary>Decides which commits are refused for their data; null for none.</summary>
    public Func<WebhookCommit, bool>? Refuses { get; set; }

    /// <inheritdoc/>
    public ValueTask<bool> Any()
    {
        lock (gate)
            return ValueTask.FromResult(webhooks.Count > 0);
    }

    /// <inheritdoc/>
    public Task<bool> IsDeleted(string id)
    {
        lock (gate)
            return Task.FromResult(deleted.ContainsKey(id));
    }

    /// <inheritdoc/>
    public Task<long> TakeEpoch()
    {
        lock (gate)
            return Task.FromResult(++epoch);
    }

    /// <inheritdoc/>
    public Task<bool> Owns(long epoch)
    {
        lock (gate)
            return Task.FromResult(this.epoch == epoch);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookRow>> List()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<WebhookRow>>([.. webhooks.Values]);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Open()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<DeliveryRow>>([.. deliveries.Values.SelectMany(static rows => rows.Values).Where(IsOpen)]);
    }

    /// <inheritdoc/>
    public Task<bool> Commit(WebhookCommit commit)
    {
        lock (gate)
        {
            if (commit.Epoch != epoch)
                return Task.FromResult(false);
            if (Refuses?.Invoke(commit) == true)
                return Task.FromException<bool>(new StoreRefusedException("The store was told to refuse it."));
            audit?.Add(0, commit.Audit);
            foreach (var row in commit.Put)
                webhooks[row.Id] = row;
            foreach (var group in commit.Deliveries.GroupBy(static row => row.Webhook))
                Add(group.Key, group);
            if (!commit.Deliveries.IsEmpty)
                Trim(commit.At - IWebhookStore.DeliveriesKeptFor);
            foreach (var id in commit.Deleted)
            {
                webhooks.Remove(id);
                deliveries.Remove(id);
                deleted[id] = commit.At;
            }

            if (!commit.Deleted.IsEmpty)
                ForgetDeleted(commit.At - IWebhookStore.DeletedKeptFor);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<DeliveryRow>>(
            [
                .. (deliveries.GetValueOrDefault(webhook)?.Values ?? Enumerable.Empty<DeliveryRow>()).Reverse()
                    .Where(row => row.Delivery.N < before && (IsOpen(row) || row.Delivery.At >= since)).Take(limit),
            ]);
    }

    private static bool IsOpen(DeliveryRow row) => row.Delivery.State == DeliveryState.Open;

    private void Add(string webhook, IEnumerable<DeliveryRow> rows)
    {
        if (!deliveries.TryGetValue(webhook, out var stored))
            deliveries[webhook] = stored = [];
        foreach (var row in rows)
        {
            foreach (var same in stored.Values.Where(other => other.Delivery.Message == row.Delivery.Message).ToArray())
                stored.Remove(same.Delivery.N);
            stored[row.Delivery.N] = row;
        }

        var oldest = stored.Keys.Last() - IWebhookStore.DeliveriesKept;
        foreach (var old in stored.Values.Where(row => !IsOpen(row) && row.Delivery.N <= oldest).ToArray())
            stored.Remove(old.Delivery.N);
    }

    private void ForgetDeleted(long before)
    {
        foreach (var old in deleted.Where(one => one.Value < before).ToArray())
            deleted.Remove(old.Key);
    }

    private void Trim(long endedBefore)
    {
        foreach (var stored in deliveries.Values)
        {
            foreach (var old in stored.Values.Where(row => !IsOpen(row) && row.Delivery.At < endedBefore).ToArray())
                stored.Remove(old.Delivery.N);
        }
    }
}
