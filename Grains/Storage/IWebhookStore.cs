namespace OrleansTasks.Storage;

/// <summary>
/// The webhooks and their deliveries. One owner at a time writes, the webhook grain: it takes an epoch, a number, when it
/// starts, and what it writes later counts only while nobody has taken another. All methods throw
/// <see cref="StoreUnavailableException"/> when nothing could be read or written.
/// </summary>
public interface IWebhookStore
{
    /// <summary>How many deliveries of a webhook are kept that have ended, at most.</summary>
    const int DeliveriesKept = 1_000;

    /// <summary>How long they are kept, at most, in milliseconds.</summary>
    const long DeliveriesKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>How long the ids of deleted webhooks are kept, in milliseconds: longer than any call is under way.</summary>
    const long DeletedKeptFor = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>Whether there is a webhook, whichever process made it. Quick enough to be asked every few seconds.</summary>
    ValueTask<bool> Any();

    /// <summary>Whether a webhook with this id was deleted in the last <see cref="DeletedKeptFor"/>, or a little longer ago.</summary>
    Task<bool> IsDeleted(string id);

    /// <summary>
    /// Makes the caller the owner, and returns its number, larger than every earlier one. Throws
    /// <see cref="OutcomeUnknownException"/> when the store cannot tell whether it was done.
    /// </summary>
    Task<long> TakeEpoch();

    /// <summary>Whether nobody has taken an epoch since this one.</summary>
    Task<bool> Owns(long epoch);

    /// <summary>Returns every webhook, by id.</summary>
    Task<ImmutableArray<WebhookRow>> List();

    /// <summary>Returns the open deliveries of every webhook, by the webhook's id and the delivery's number.</summary>
    Task<ImmutableArray<DeliveryRow>> Open();

    /// <summary>
    /// Stores all of a commit or, when somebody else is the owner, nothing; returns whether it did. With deliveries,
    /// removes those that have ended and are beyond <see cref="DeliveriesKept"/> of their webhooks, or older than
    /// <see cref="DeliveriesKeptFor"/> of any webhook. Keeps the ids that it deletes.
    /// Throws <see cref="OutcomeUnknownException"/> when the store cannot tell; storing the same again is harmless.
    /// </summary>
    Task<bool> Commit(WebhookCommit commit);

    /// <summary>
    /// Returns at most <paramref name="limit"/> deliveries of a webhook with numbers smaller than <paramref name="before"/>, the
    /// largest first, of those that are open or were last tried at <paramref name="since"/> or later.
    /// </summary>
    Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit);
}
