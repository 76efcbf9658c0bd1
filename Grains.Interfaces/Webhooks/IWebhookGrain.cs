using Orleans.Concurrency;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Stores all webhooks and sends their events. Methods that change something throw
/// <see cref="Storage.StoreUnavailableException"/> if nothing changed and <see cref="Storage.OutcomeUnknownException"/>
/// if the outcome is uncertain. All methods are safe to repeat, except that a repeated <see cref="Rotate"/> creates
/// another secret, and a repeated <see cref="Test"/> or <see cref="Resend"/> sends again.
/// </summary>
[Alias("ot.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of this type.</summary>
    const string OnlyKey = "webhooks";

    /// <summary>
    /// Creates a webhook for events from now on, under an id that the caller generated. A repeated call returns the
    /// first call's answer, or <see cref="WebhookOutcome.NotFound"/> if the webhook has been deleted since.
    /// </summary>
    [AlwaysInterleave, Alias("Create")]
    Task<WebhookReply> Create(string id, string url, WebhookTypes types);

    /// <summary>
    /// Creates a webhook like <see cref="Create"/>, with a filter. <paramref name="settings"/> must have an address and
    /// types; whether it is paused is ignored.
    /// </summary>
    [AlwaysInterleave, Alias("CreateFiltered")]
    Task<WebhookReply> CreateFiltered(string id, WebhookChange settings);

    /// <summary>Changes a webhook. A null property leaves its setting unchanged.</summary>
    [AlwaysInterleave, Alias("Change")]
    Task<WebhookReply> Change(string id, WebhookChange change);

    /// <summary>Gives a webhook a new secret. For one day, requests are also signed with the old one.</summary>
    [AlwaysInterleave, Alias("Rotate")]
    Task<WebhookReply> Rotate(string id);

    /// <summary>Deletes a webhook with its deliveries. Nothing is sent after this returns.</summary>
    [AlwaysInterleave, Alias("Delete")]
    Task<WebhookOutcome> Delete(string id);

    /// <summary>Returns all webhooks, oldest first.</summary>
    [AlwaysInterleave, Alias("List")]
    Task<ImmutableArray<WebhookView>> List();

    /// <summary>Sends a <c>test</c> event once, even if the webhook is paused. Returns after the try.</summary>
    [AlwaysInterleave, Alias("Test")]
    Task<DeliveryReply> Test(string id);

    /// <summary>Tries a delivery again, even if the webhook is paused. Returns after the try.</summary>
    [AlwaysInterleave, Alias("Resend")]
    Task<DeliveryReply> Resend(string id, long n);

    /// <summary>Returns the deliveries below a number, newest first; null if there is no such webhook.</summary>
    [AlwaysInterleave, Alias("Deliveries")]
    Task<ImmutableArray<WebhookDelivery>?> Deliveries(string id, long before, int limit);

    /// <summary>Activates the grain, which then sends pending events.</summary>
    [AlwaysInterleave, Alias("EnsureActive")]
    Task EnsureActive();
}
