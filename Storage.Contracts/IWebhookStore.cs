namespace OrleansTasks.Storage;

/// <summary>
/// Webhooks and their deliveries. Only the webhook grain writes, fenced by the epoch that it takes when it starts.
/// Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IWebhookStore
{
    /// <summary>The most ended deliveries kept for a webhook.</summary>
    const int DeliveriesKept = 1_000;

    /// <summary>The longest that ended deliveries are kept, in milliseconds.</summary>
    const long DeliveriesKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>How long ids of deleted webhooks are kept, in milliseconds: longer than any call lasts.</summary>
    const long DeletedKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>Whether there is a webhook, created by any process. Cheap enough to ask every few seconds.</summary>
    ValueTask<bool> Any();

    /// <summary>Whether this webhook was deleted within about <see cref="DeletedKeptFor"/>.</summary>
    Task<bool> IsDeleted(string id);

    /// <summary>Takes ownership with a new, highest epoch; may throw <see cref="OutcomeUnknownException"/>.</summary>
    Task<long> TakeEpoch();

    /// <summary>Whether <paramref name="epoch"/> is still the latest.</summary>
    Task<bool> Owns(long epoch);

    /// <summary>Returns every webhook, by id.</summary>
    Task<ImmutableArray<WebhookRow>> List();

    /// <summary>Returns all open deliveries, by webhook id and delivery number.</summary>
    Task<ImmutableArray<DeliveryRow>> Open();

    /// <summary>
    /// Stores all; false and nothing if the epoch is stale. With deliveries, trims ended ones
    /// (<see cref="DeliveriesKept"/>, <see cref="DeliveriesKeptFor"/>). Keeps deleted ids. After
    /// <see cref="OutcomeUnknownException"/> repeating is harmless.
    /// </summary>
    Task<bool> Commit(WebhookCommit commit);

    /// <summary>Returns deliveries below a number that are open or tried since a time, largest number first.</summary>
    Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit);
}
