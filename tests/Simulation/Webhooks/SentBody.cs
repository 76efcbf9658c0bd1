using System.Text.Json;

namespace OrleansTasks.Simulation.Webhooks;

/// <summary>
/// The body of a delivery: the event, and behind it what it is about. That is read when the event is sent, so a later
/// delivery may lack what has been deleted or retried meanwhile, but never say something else.
/// </summary>
internal static class SentBody
{
    private static readonly string[] About = ["name", "queue", "schedule", "reason", "exitCode", "tail"];

    /// <summary>Returns whether a body begins with the event, and adds only what it is about.</summary>
    public static bool IsOfEvent(ReadOnlySpan<byte> body, ReadOnlySpan<byte> happened) =>
        body.StartsWith(happened[..^1]) && body[happened.Length - 1] is (byte)'}' or (byte)',' && AddsOnlyAbout(body, happened);

    /// <summary>Returns whether two bodies of one event have the same value for each field that both have.</summary>
    public static bool Agree(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        using var left = JsonDocument.Parse(one);
        using var right = JsonDocument.Parse(other);
        return left.RootElement.EnumerateObject().All(field => right.RootElement.TryGetProperty(field.Name, out var value)
            ? JsonElement.DeepEquals(field.Value, value)
            : About.Contains(field.Name)) && right.RootElement.EnumerateObject().All(field =>
            left.RootElement.TryGetProperty(field.Name, out _) || About.Contains(field.Name));
    }

    private static bool AddsOnlyAbout(ReadOnlySpan<byte> body, ReadOnlySpan<byte> happened)
    {
        using var sent = JsonDocument.Parse(body.ToArray());
        using var own = JsonDocument.Parse(happened.ToArray());
        return sent.RootElement.EnumerateObject().Skip(own.RootElement.EnumerateObject().Count())
            .All(static field => About.Contains(field.Name));
    }
}
