using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Notifications;

/// <summary>Writes messages for mail, Slack and Teams.</summary>
internal static class NotificationText
{
    /// <summary>Returns a mail without an id.</summary>
    public static MailMessage Mail(NotificationDigest digest, string title, LiveNotification of)
    {
        var message = new Message(digest, title, of, OneLine);
        var text = new StringBuilder();
        if (message.Text is { } own)
            text.Append(own.ReplaceLineEndings("\r\n")).Append("\r\n");
        else
        {
            text.Append(digest.Title).Append(".\r\n\r\n");
            foreach (var line in message.Lines)
                text.Append("- ").Append(line.ReplaceLineEndings("\r\n  ")).Append("\r\n");
            if (digest.Rest is { } rest)
                text.Append(rest).Append("\r\n");
        }

        text.Append("\r\n-- \r\nSent by the notification ").Append(of.Row.Name).Append(" of OrleansTasks.\r\n");
        return new MailMessage(of.Spec.Mail, message.Subject ?? $"OrleansTasks: {title}", text.ToString(), "");
    }

    /// <summary>Returns a message for Slack.</summary>
    public static byte[] Slack(NotificationDigest digest, string title, LiveNotification of)
    {
        var message = new Message(digest, title, of, static value => SlackEscaped(OneLine(value)));
        var text = new StringBuilder().Append(message.Subject ?? $"*{SlackEscaped(digest.Title)}*");
        if (message.Text is { } own)
            text.Append('\n').Append(own);
        else
        {
            foreach (var line in message.Lines)
                text.Append("\n• ").Append(line);
            if (digest.Rest is { } rest)
                text.Append('\n').Append(rest);
        }

        return Json(json => json.WriteString("text", text.ToString()));
    }

    /// <summary>Returns a message for Teams: an adaptive card.</summary>
    public static byte[] Teams(NotificationDigest digest, string title, LiveNotification of) => Json(json =>
    {
        var message = new Message(digest, title, of, static value => TeamsEscaped(OneLine(value)));
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        Block(json, message.Subject ?? TeamsEscaped(digest.Title), isTitle: true);
        if (message.Text is { } own)
            Block(json, own, isTitle: false);
        else
        {
            foreach (var line in message.Lines)
                Block(json, line, isTitle: false);
            if (digest.Rest is { } rest)
                Block(json, rest, isTitle: false);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static void Block(Utf8JsonWriter json, string text, bool isTitle)
    {
        json.WriteStartObject();
        json.WriteString("type", "TextBlock");
        json.WriteString("text", text);
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

    // Teams reads Markdown, in which a backslash makes the next character plain text.
    private static string TeamsEscaped(string text) => string.Concat(
        text.Select(static one => one is '*' or '_' or '[' or ']' or '\\' or '`' ? $"\\{one}" : one.ToString()));

    /// <summary>Replaces the control characters of a text with spaces, for logs and subjects.</summary>
    public static string OneLine(string text) =>
        string.Concat(text.Select(static one => char.IsControl(one) ? ' ' : one));

    /// <summary>What a message says, by its template where it has one. The values are escaped, the template is not.</summary>
    private sealed class Message(NotificationDigest digest, string title, LiveNotification of, Func<string, string> escaped)
    {
        private NotificationTemplate? Template => of.Spec.Template;

        /// <summary>The subject; null if no template says one.</summary>
        public string? Subject => Template?.Subject?.Write(ValueOf, ServiceLimits.NotificationSubject);

        /// <summary>The text; null if no template says one.</summary>
        public string? Text => Template?.Text?.Write(ValueOf, ServiceLimits.NotificationText);

        /// <summary>The events.</summary>
        public IEnumerable<string> Lines => digest.Events.Select(one =>
            Template?.Event?.Write(name => escaped(one.ValueOf(name)), ServiceLimits.NotificationEventText)
                ?? escaped(one.Text));

        private string ValueOf(string field) => field switch
        {
            "title" => escaped(title),
            "count" => Number(digest.Count),
            "failed" => Number(digest.CountOf(NotificationKinds.Failed)),
            "recovered" => Number(digest.CountOf(NotificationKinds.Recovered)),
            "late" => Number(digest.CountOf(NotificationKinds.Late)),
            "attention" => Number(digest.CountOf(NotificationKinds.Attention)),
            "events" => string.Join('\n', Lines),
            "rest" => digest.Rest ?? "",
            "notification" => of.Row.Name,
            _ => digest.Events.Count > 0 ? escaped(digest.Events[0].ValueOf(field)) : "",
        };

        private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);
    }
}
