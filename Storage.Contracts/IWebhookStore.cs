namespace OrleansTasks.Storage;

/// <summary>
/// Webhooks and their deliveries. Only the webhook grain writes. Its writes are fenced by the epoch that it takes when
/// it starts. All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IWebhookStore
{
    /// <summary>The maximum number of ended deliveries kept for a webhook.</summary>
    const int DeliveriesKept = 1_000;

    /// <summary>How long ended deliveries are kept at most, in milliseconds.</summary>
    const long DeliveriesKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>How long ids of deleted webhooks are kept, in milliseconds: longer than any call lasts.</summary>
    const long DeletedKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>Returns whether there is any webhook. Cheap enough to call every few seconds.</summary>
    ValueTask<bool> Any();

    /// <summary>Returns whether this webhook was deleted within about <see cref="DeletedKeptFor"/>.</summary>
    Task<bool> IsDeleted(string id);

    /// <summary>
    /// Takes ownership and returns the new epoch, the highest so far. May throw <see cref="OutcomeUnknownException"/>.
    /// </summary>
    Task<long> TakeEpoch();

    /// <summary>Returns whether <paramref name="epoch"/> is still the latest.</summary>
    Task<bool> Owns(long epoch);

    /// <summary>Returns every webhook, by id.</summary>
    Task<ImmutableArray<WebhookRow>> List();

    /// <summary>Returns all open deliveries, by webhook id and delivery number.</summary>
    Task<ImmutableArray<DeliveryRow>> Open();

    /// <summary>
    /// Stores the whole commit, or returns false and stores nothing if the epoch is stale. A commit with deliveries
    /// also trims ended ones (<see cref="DeliveriesKept"/>, <see cref="DeliveriesKeptFor"/>). Remembers deleted ids.
    /// After <see cref="OutcomeUnknownException"/>, the call can safely be repeated.
    /// </summary>
    Task<bool> Commit(WebhookCommit commit);

    /// <summary>
    /// Returns deliveries numbered below <paramref name="before"/> that are open or tried since a time, largest first.
    /// </summary>
    Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit);
}
