using Orleans.Concurrency;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Keeps all webhooks and sends their events. Key: <c>webhooks</c>. Methods that change something throw
/// <see cref="Storage.StoreUnavailableException"/> when nothing was changed, and
/// <see cref="Storage.OutcomeUnknownException"/> when that is not certain. Repeating <see cref="Rotate"/> gives
/// another secret, and repeating <see cref="Test"/> or <see cref="Resend"/> sends again; the others do no harm.
/// </summary>
[Alias("ot.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of its kind.</summary>
    const string OnlyKey = "webhooks";

    /// <summary>
    /// Makes a webhook that gets the events from now on. A repetition under the same id answers as the first call did; one
    /// that comes after the webhook was deleted makes nothing, and answers <see cref="WebhookOutcome.NotFound"/>.
    /// </summary>
    /// <param name="id">The new webhook's id, which its author has minted.</param>
    /// <param name="url">Where events go.</param>
    /// <param name="types">Which events go there.</param>
    [AlwaysInterleave, Alias("Create")]
    Task<WebhookReply> Create(string id, string url, WebhookTypes types);

    /// <summary>Changes a webhook.</summary>
    [AlwaysInterleave, Alias("Change")]
    Task<WebhookReply> Change(string id, WebhookChange change);

    /// <summary>
    /// Gives a webhook a new secret. For a day, what is sent is signed with the old one as well.
    /// </summary>
    [AlwaysInterleave, Alias("Rotate")]
    Task<WebhookReply> Rotate(string id);

    /// <summary>Deletes a webhook with its deliveries. Once it has answered, nothing is sent any more.</summary>
    [AlwaysInterleave, Alias("Delete")]
    Task<WebhookOutcome> Delete(string id);

    /// <summary>Every webhook, oldest first.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<WebhookView>> List();

    /// <summary>Sends a webhook an event of the type <c>test</c>, once, also when it is paused; answers when it was tried.</summary>
    [AlwaysInterleave, Alias("Test")]
    Task<DeliveryReply> Test(string id);

    /// <summary>Tries a delivery once more, also when the webhook is paused; answers when it was tried.</summary>
    [AlwaysInterleave, Alias("Resend")]
    Task<DeliveryReply> Resend(string id, long n);

    /// <summary>
    /// At most <paramref name="limit"/> of a webhook's deliveries with a number smaller than <paramref name="before"/>, newest
    /// first; null when there is no such webhook.
    /// </summary>
    [AlwaysInterleave, Alias("Deliveries")]
    Task<ImmutableArray<WebhookDelivery>?> Deliveries(string id, long before, int limit);

    /// <summary>Activates the grain, which then sends what is to be sent.</summary>
    [AlwaysInterleave, Alias("EnsureActive")]
    Task EnsureActive();
}
