using System.Text;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Notifications;

/// <summary>
/// A text with fields such as <c>{{event.queue}}</c>, which values replace. It is no program: a field names one value.
/// </summary>
public sealed class MessageTemplate
{
    /// <summary>The prefix of fields that are labels of what an event is about.</summary>
    public const string LabelPrefix = "event.label.";

    private const string Opening = "{{";
    private const string Closing = "}}";

    private static readonly string[] EventFields =
    [
        "event.kind", "event.text", "event.type", "event.id", "event.name", "event.queue", "event.state", "event.why",
        "event.definition", "event.schedule",
    ];

    private static readonly string[] MessageFields =
    [
        "title", "count", "failed", "recovered", "late", "attention", "events", "rest", "notification", .. EventFields,
    ];

    private readonly ImmutableArray<(string Text, bool IsField)> parts;

    private MessageTemplate(ImmutableArray<(string Text, bool IsField)> parts) => this.parts = parts;

    /// <summary>Reads a template. Returns null if it added a fault.</summary>
    /// <param name="text">The template.</param>
    /// <param name="isOfEvent">Whether it describes one event, and not the whole message.</param>
    /// <param name="path">The path of the template.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static MessageTemplate? Read(string text, bool isOfEvent, string path, SpecErrors errors)
    {
        var fields = isOfEvent ? EventFields : MessageFields;
        var parts = ImmutableArray.CreateBuilder<(string Text, bool IsField)>();
        for (var at = 0; at < text.Length;)
        {
            var start = text.IndexOf(Opening, at, StringComparison.Ordinal);
            if (start < 0)
            {
                parts.Add((text[at..], false));
                break;
            }

            if (start > at)
                parts.Add((text.Substring(at, start - at), false));
            var end = text.IndexOf(Closing, start, StringComparison.Ordinal);
            if (end < 0)
            {
                errors.Add(path, "has {{ without }}");
                return null;
            }

            var field = text[(start + Opening.Length)..end].Trim();
            if (FaultOf(field, fields) is { } fault)
            {
                errors.Add(path, fault);
                return null;
            }

            parts.Add((field, true));
            at = end + Closing.Length;
        }

        return new MessageTemplate(parts.DrainToImmutable());
    }

    /// <summary>Returns the text with values in place of fields, cut after a number of characters.</summary>
    public string Write(Func<string, string> valueOf, int most)
    {
        var text = new StringBuilder();
        foreach (var (part, isField) in parts)
        {
            text.Append(isField ? valueOf(part) : part);
            if (text.Length <= most)
                continue;
            // A character of two halves stays whole.
            var end = char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
            return text.ToString(0, end) + "…";
        }

        return text.ToString();
    }

    private static string? FaultOf(string field, string[] fields)
    {
        var label = field.StartsWith(LabelPrefix, StringComparison.Ordinal) ? field[LabelPrefix.Length..] : "";
        if (fields.Contains(field) || (label.Length > 0 && SpecRules.IsLabelKey(label)))
            return null;
        var quoted = StrictReader.Quote(field);
        return NearMatch.Find(field, fields) is { } near
            ? $"has the unknown field '{quoted}'; did you mean '{near}'?"
            : $"has the unknown field '{quoted}'; the fields are {string.Join(", ", fields)} and {LabelPrefix}KEY";
    }
}

/// <summary>What a notification's messages say; null for a part that says what messages without a template say.</summary>
/// <param name="Subject">The subject of a mail, or the first line of a message in a chat.</param>
/// <param name="Event">One event.</param>
/// <param name="Text">The rest of the message.</param>
public sealed record NotificationTemplate(MessageTemplate? Subject, MessageTemplate? Event, MessageTemplate? Text);
