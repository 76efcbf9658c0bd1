using System.ComponentModel;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Webhooks;

/// <summary>A delivery of a webhook, as the HTTP contract shows it.</summary>
[Schema("WebhookDelivery"), Description("An event that was sent to a webhook, with its tries.")]
internal sealed class DeliveryAnswer
{
    private readonly WebhookDelivery delivery;

    private DeliveryAnswer(WebhookDelivery delivery) => this.delivery = delivery;

    [Description("The delivery's number; each webhook numbers its deliveries from 1.")]
    public long N => delivery.N;

    [Description("The header webhook-id, which is the same for every try.")]
    public string Message => delivery.Message;

    [Description("The event as it was sent; null if events were missed.")]
    public StoredJson Event => new(delivery.Event);

    [Description("The time of the last try.")]
    public Timestamp At => delivery.At;

    [Description("open: the delivery will be tried again. missed: events expired before they could be sent; answer lists them.")]
    public DeliveryState State => delivery.State;

    [Description("The number of tries.")]
    public int Tries => delivery.Tries;

    [Description("The HTTP status of the last try; null if there was none.")]
    public int? Status => delivery.Status;

    [Description("How long the last try took, in milliseconds.")]
    public long TookMs => delivery.TookMillis;

    [Description("When the delivery will be tried again; null if it will not.")]
    public Timestamp? NextTryAt => delivery.NextTryAt;

    [Description("The first 1 KiB of the last answer, or what went wrong.")]
    public string? Answer => delivery.Answer;

    /// <summary>The example of the contract.</summary>
    public static DeliveryAnswer Example => Of(new WebhookDelivery(
        42, "msg_019f5a2c-7d10-7c3a-8b00-0342ab12cd34_19a5340f6c0_l2a_0",
        """{"type":"task","id":"019f5a2c-7d10-7c3a-8b00-0342ab12cd34","state":"succeeded","attempt":1,"at":"2026-11-05T09:30:00.000Z"}"""u8.ToArray(),
        Examples.Time + 120, DeliveryState.Delivered, 1, 200, 17, null, "ok"));

    /// <summary>Returns the answer of a delivery.</summary>
    public static DeliveryAnswer Of(WebhookDelivery delivery) => new(delivery);
}
