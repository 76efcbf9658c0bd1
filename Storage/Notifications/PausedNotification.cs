using System.Text;
using System.Text.Json.Nodes;

namespace OrleansTasks.Storage.Notifications;

/// <summary>Pauses notifications of a restored store, whose state is a field of their bodies.</summary>
internal static class PausedNotification
{
    /// <summary>Returns the body of the same notification, paused.</summary>
    internal static byte[] BodyOf(ReadOnlySpan<byte> body)
    {
        var spec = JsonNode.Parse(body)!.AsObject();
        spec["paused"] = true;
        return Encoding.UTF8.GetBytes(spec.ToJsonString());
    }
}
