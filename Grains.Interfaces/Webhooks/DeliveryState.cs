using System.Text.Json.Serialization;

namespace OrleansTasks.Webhooks;

/// <summary>The state of a delivery. Stored as a number: never renumber.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryState>))]
public enum DeliveryState : byte
{
    /// <summary>Every try so far failed; the delivery will be tried again.</summary>
    [JsonStringEnumMemberName("open")]
    Open = 0,

    /// <summary>The target accepted the delivery.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered = 1,

    /// <summary>The delivery failed and will not be tried again.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 2,

    /// <summary>A note in place of events that expired before they could be sent.</summary>
    [JsonStringEnumMemberName("missed")]
    Missed = 3,
}
