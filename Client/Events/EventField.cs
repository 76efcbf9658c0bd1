using System.Text.Json;

namespace OrleansTasks.Client.Events;

/// <summary>Names of an event's fields, encoded once.</summary>
internal static class EventField
{
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
}
