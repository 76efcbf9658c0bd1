using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Webhooks;

/// <summary>Writes webhooks and their deliveries as the HTTP contract shows them.</summary>
internal static class WebhookJson
{
    private static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
    private static readonly JsonEncodedText FailingSince = JsonEncodedText.Encode("failingSince");
    private static readonly JsonEncodedText GoneAt = JsonEncodedText.Encode("goneAt");
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
    private static readonly JsonEncodedText NextTryAt = JsonEncodedText.Encode("nextTryAt");

    /// <summary>Writes a webhook, with its secret if one is given.</summary>
    public static void Write(Utf8JsonWriter json, WebhookView webhook, string? secret = null)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, webhook.Id);
        json.WriteString("url"u8, webhook.Url);
        json.WriteStartArray("types"u8);
        foreach (var type in WebhookTypeNames.Of(webhook.Types))
            json.WriteStringValue(type);
        json.WriteEndArray();
        (webhook.Filter ?? WebhookFilter.All).WriteFields(json);
        if (secret is not null)
            json.WriteString("secret"u8, secret);
        json.WriteBoolean("paused"u8, webhook.Paused);
        TaskJson.WriteTime(json, CreatedAt, webhook.CreatedAt);
        TaskJson.WriteTime(json, FailingSince, webhook.FailingSince);
        TaskJson.WriteTime(json, GoneAt, webhook.GoneAt);
        json.WriteNumber("retrying"u8, webhook.Open);
        json.WriteEndObject();
    }

    /// <summary>Writes a delivery.</summary>
    public static void Write(Utf8JsonWriter json, WebhookDelivery delivery)
    {
        json.WriteStartObject();
        json.WriteNumber("n"u8, delivery.N);
        json.WriteString("message"u8, delivery.Message);
        json.WritePropertyName("event"u8);
        TaskJson.WriteStored(json, delivery.Event.Span);
        TaskJson.WriteTime(json, At, delivery.At);
        json.WriteString("state"u8, delivery.State.Name());
        json.WriteNumber("tries"u8, delivery.Tries);
        if (delivery.Status is { } status)
            json.WriteNumber("status"u8, status);
        else
            json.WriteNull("status"u8);
        json.WriteNumber("tookMs"u8, delivery.TookMillis);
        TaskJson.WriteTime(json, NextTryAt, delivery.NextTryAt);
        json.WriteString("answer"u8, delivery.Answer);
        json.WriteEndObject();
    }
}
