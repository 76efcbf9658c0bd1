using Orleans.Concurrency;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Stores all webhooks and sends their events. Methods that change something throw
/// <see cref="Storage.StoreUnavailableException"/> if nothing changed and
/// <see cref="Storage.OutcomeUnknownException"/> if that is uncertain. All are safe to repeat, except that
/// <see cref="Rotate"/> then makes another secret, and <see cref="Test"/> and <see cref="Resend"/> send again.
/// </summary>
[Alias("ot.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Key of the only grain of this type.</summary>
    const string OnlyKey = "webhooks";

    /// <summary>
    /// Creates a webhook for events from now on, under an id that the caller minted. A repeat gets the first call's
    /// answer,
    /// or <see cref="WebhookOutcome.NotFound"/> if the webhook has been deleted since.
    /// </summary>
    [AlwaysInterleave, Alias("Create")]
    Task<WebhookReply> Create(string id, string url, WebhookTypes types);

    /// <summary>Changes a webhook; null leaves a part as it is.</summary>
    [AlwaysInterleave, Alias("Change")]
    Task<WebhookReply> Change(string id, WebhookChange change);

    /// <summary>Gives a webhook a new secret. For a day, requests are also signed with the old one.</summary>
    [AlwaysInterleave, Alias("Rotate")]
    Task<WebhookReply> Rotate(string id);

    /// <summary>Deletes a webhook with its deliveries. Nothing is sent after the answer.</summary>
    [AlwaysInterleave, Alias("Delete")]
    Task<WebhookOutcome> Delete(string id);

    /// <summary>Returns all webhooks, oldest first.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<WebhookView>> List();

    /// <summary>Sends a <c>test</c> event once, even if the webhook is paused; answers after the try.</summary>
    [AlwaysInterleave, Alias("Test")]
    Task<DeliveryReply> Test(string id);

    /// <summary>Tries a delivery again, even if the webhook is paused; answers after the try.</summary>
    [AlwaysInterleave, Alias("Resend")]
    Task<DeliveryReply> Resend(string id, long n);

    /// <summary>Returns deliveries below a number, newest first; null if there is no such webhook.</summary>
    [AlwaysInterleave, Alias("Deliveries")]
    Task<ImmutableArray<WebhookDelivery>?> Deliveries(string id, long before, int limit);

    /// <summary>Activates the grain, which then sends pending events.</summary>
    [AlwaysInterleave, Alias("EnsureActive")]
    Task EnsureActive();
}
