using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Webhooks;

/// <summary>A webhook, as the HTTP contract shows it.</summary>
[Schema("Webhook"), Description("A receiver of events.")]
internal class WebhookSettingsAnswer
{
    private readonly WebhookView webhook;
    private readonly WebhookFilter filter;

    private protected WebhookSettingsAnswer(WebhookView webhook) =>
        (this.webhook, filter) = (webhook, WebhookFilter.All.With(webhook.Filter));

    [RefersTo("Id")]
    public string Id => webhook.Id;

    [Description("The address to which events are sent.")]
    public string Url => webhook.Url;

    [RefersTo("WebhookTypes")]
    public WebhookTypes Types => webhook.Types;

    [RefersTo("WebhookStates")]
    public ImmutableArray<string> States => filter.States;

    [RefersTo("WebhookNames")]
    public ImmutableArray<string> Names => filter.Names;

    [RefersTo("WebhookQueues")]
    public ImmutableArray<string> Queues => filter.Queues;

    [RefersTo("WebhookSchedules")]
    public ImmutableArray<string> Schedules => filter.Schedules;

    [Description("Only events of tasks, jobs and workflows with all of these labels.")]
    public LabelMap Labels => filter.Labels;

    [Description("Whether nothing is sent; the service keeps the webhook's events as long as all others.")]
    public bool Paused => webhook.Paused;

    [Description("When the webhook was created.")]
    public Timestamp CreatedAt => webhook.CreatedAt;

    [Description("When the first of the tries failed since the last success; null if the last try succeeded.")]
    public Timestamp? FailingSince => webhook.FailingSince;

    [Description("When the receiver answered 410 Gone, which paused the webhook; null if it did not.")]
    public Timestamp? GoneAt => webhook.GoneAt;

    [Description("The number of failed deliveries that will be tried again.")]
    public int Retrying => webhook.Open;

    /// <summary>The example of the contract.</summary>
    public static WebhookSettingsAnswer Example => Of(ExampleView);

    private protected static WebhookView ExampleView => new(
        Examples.Id.ToString(), "https://example.com/hooks/tasks", WebhookTypes.Task | WebhookTypes.Job, false, Examples.Time, null, 0)
    { Filter = WebhookFilter.All with { States = ["failed"] } };

    /// <summary>Returns the answer of a webhook.</summary>
    public static WebhookSettingsAnswer Of(WebhookView webhook) => new(webhook);
}

/// <summary>A webhook with its new secret, as the HTTP contract shows it once.</summary>
[Schema("CreatedWebhook"), Description("A webhook with its new secret.")]
internal sealed class CreatedWebhookAnswer : WebhookSettingsAnswer
{
    private CreatedWebhookAnswer(WebhookView webhook, string secret)
        : base(webhook) => Secret = secret;

    [Description("The secret that signs deliveries, as in the Standard Webhooks specification.")]
    [RegularExpression("^whsec_"), JsonPropertyOrder(1)]
    public string Secret { get; }

    /// <summary>The example of the contract.</summary>
    public static new CreatedWebhookAnswer Example => Of(ExampleView, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=");

    /// <summary>Returns the answer of a webhook whose secret is new.</summary>
    public static CreatedWebhookAnswer Of(WebhookView webhook, string secret) => new(webhook, secret);
}
