using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Notifications;

/// <summary>Writes messages for mail, Slack and Teams.</summary>
internal static class NotificationText
{
    /// <summary>Returns the text of a mail.</summary>
    public static string Mail(NotificationDigest digest, string name)
    {
        var text = new StringBuilder();
        text.Append(digest.Title).Append(".\r\n\r\n");
        foreach (var line in digest.Lines)
            text.Append("- ").Append(OneLine(line)).Append("\r\n");
        if (digest.Rest is { } rest)
            text.Append(rest).Append("\r\n");
        return text.Append("\r\n-- \r\nSent by the notification ").Append(name).Append(" of OrleansTasks.\r\n")
            .ToString();
    }

    /// <summary>Returns a message for Slack.</summary>
    public static byte[] Slack(NotificationDigest digest)
    {
        var text = new StringBuilder("*").Append(SlackEscaped(digest.Title)).Append('*');
        foreach (var line in digest.Lines)
            text.Append("\n• ").Append(SlackEscaped(OneLine(line)));
        if (digest.Rest is { } rest)
            text.Append('\n').Append(rest);
        return Json(json => json.WriteString("text", text.ToString()));
    }

    /// <summary>Returns a message for Teams: an adaptive card.</summary>
    public static byte[] Teams(NotificationDigest digest) => Json(json =>
    {
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        Block(json, digest.Title, isTitle: true);
        foreach (var line in digest.Lines)
            Block(json, OneLine(line), isTitle: false);
        if (digest.Rest is { } rest)
            Block(json, rest, isTitle: false);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static void Block(Utf8JsonWriter json, string text, bool isTitle)
    {
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        // Teams reads Markdown, in which a backslash makes the next character plain text.
        json.WriteString("text", string.Concat(
            text.Select(static one => one is '*' or '_' or '[' or ']' or '\\' or '`' ? $"\\{one}" : one.ToString())));
        json.WriteBoolean("wrap", true);
        if (isTitle)
        {
            json.WriteString("weight", "Bolder");
            json.WriteString("size", "Medium");
        }

        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Slack reads these three characters as markup: <!channel> would notify everyone in the channel.
    private static string SlackEscaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string OneLine(string text) =>
        string.Concat(text.Select(static one => char.IsControl(one) ? ' ' : one));
}
