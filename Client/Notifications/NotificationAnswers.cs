using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;
using OrleansTasks.Notifications;

namespace OrleansTasks.Client.Notifications;

/// <summary>
/// What the contract says about the body of the call that stores a notification. Nothing deserializes it:
/// <see cref="NotificationSpecReader"/> reads the JSON.
/// </summary>
[Schema("NotificationSpec"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("Which events a notification reports, to whom, and when.")]
internal sealed record NotificationBody(
    [property: RefersTo("NotificationKinds"), JsonRequired] StoredJson On,
    [property: RefersTo("NotificationTarget"), JsonRequired] StoredJson To,
    [property: RefersTo("NotificationMatch")] StoredJson? Match,
    [property: RefersTo("QuietHours")] StoredJson? Quiet,
    [property: RefersTo("Duration"),
        Description("The shortest time between two messages, from 1s to 1d; by default 1m.")] string? Digest,
    [property: RefersTo("NotificationTemplate")] StoredJson? Template,
    [property: Description("Whether it is paused: it sends nothing, and skips what happens meanwhile.")] bool? Paused)
{
    /// <summary>The example of the contract.</summary>
    public static NotificationBody Example => new(
        new StoredJson("""["failed","recovered"]"""u8.ToArray()),
        new StoredJson("""{"mail":["ops@example.org"]}"""u8.ToArray()),
        new StoredJson("""{"definition":"etl/*"}"""u8.ToArray()), null, "5m", null, null);
}

/// <summary>A notification, as the HTTP contract shows it.</summary>
[Schema("Notification"), Description("Messages to people about events, by mail or in a chat.")]
internal sealed class NotificationAnswer
{
    private readonly NotificationView view;
    private readonly JsonElement body;

    private NotificationAnswer(NotificationView view) => (this.view, body) = (view, Parse(view.Body));

    [Description("The name.")]
    public string Name => view.Name;

    [RefersTo("NotificationKinds")]
    public StoredJson On => Field("on", "[]");

    [RefersTo("NotificationMatch")]
    public StoredJson Match => Field("match", "{}");

    [RefersTo("NotificationTarget")]
    public StoredJson To => Field("to", "{}");

    [RefersTo("QuietHours")]
    public StoredJson? Quiet => body.TryGetProperty("quiet", out var quiet) ? StoredJson.Of(quiet.GetRawText()) : null;

    [RefersTo("Duration"), Description("The shortest time between two messages.")]
    public string Digest => body.TryGetProperty("digest", out var digest) && digest.ValueKind == JsonValueKind.String
        ? digest.GetString()! : "1m";

    [RefersTo("NotificationTemplate")]
    public StoredJson? Template => body.TryGetProperty("template", out var template) ? StoredJson.Of(template.GetRawText()) : null;

    [Description("Whether it is paused.")]
    public bool Paused => body.TryGetProperty("paused", out var paused) && paused.ValueKind == JsonValueKind.True;

    [Description("When it was created.")]
    public Timestamp CreatedAt => view.CreatedAt;

    [Description("When its settings were last changed.")]
    public Timestamp ChangedAt => view.ChangedAt;

    [Description("When the last message was sent; null for never.")]
    public Timestamp? SentAt => view.SentAt > 0 ? view.SentAt : null;

    [Description("How many events wait for the next message.")]
    public long Waiting => view.Waiting;

    [Description("When sending began to fail; null if the last try succeeded.")]
    public Timestamp? FailingSince => view.FailingSince > 0 ? view.FailingSince : null;

    [Description("Why the last try failed; null if it succeeded.")]
    public string? Failure => view.Failure;

    /// <summary>The example of the contract.</summary>
    public static NotificationAnswer Example => Of(new NotificationView(
        "ops",
        """
        {"on":["failed","recovered"],"match":{"definition":"etl/*"},"to":{"mail":["ops@example.org"]},"digest":"5m"}
        """u8.ToArray(),
        Examples.Time, Examples.Time)
    { SentAt = Examples.Time });

    /// <summary>Returns the answer of a notification.</summary>
    public static NotificationAnswer Of(NotificationView view) => new(view);

    // An unreadable row must not make others unreadable.
    private static JsonElement Parse(ReadOnlyMemory<byte> stored)
    {
        try
        {
            // Bodies that earlier versions stored still have their nulls.
            var read = JsonElement.Parse(NullMembers.Drop(stored).Span);
            return read.ValueKind == JsonValueKind.Object ? read : JsonElement.Parse("{}"u8);
        }
        catch (JsonException)
        {
            return JsonElement.Parse("{}"u8);
        }
    }

    private StoredJson Field(string name, string without) =>
        StoredJson.Of(body.TryGetProperty(name, out var value) ? value.GetRawText() : without);
}

/// <summary>The outcome of a test of a notification.</summary>
[Schema("NotificationTest"), Description("The outcome of a test of a notification.")]
internal sealed record NotificationTestAnswer(
    [property: Description("Whether the target took the message.")] bool Sent,
    [property: Description("Why the target did not take it; null if it did.")] string? Failure)
{
    /// <summary>The example of the contract.</summary>
    public static NotificationTestAnswer Example => new(true, null);
}
