using System.Text;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// A string with placeholders, such as <c>{{id}}</c> or, for nested fields, <c>{{output.stdoutBytes}}</c> and
/// <c>{{items.0.id}}</c>. A field that an item lacks is empty. <c>\n</c>, <c>\t</c> and <c>\\</c> stand for a line
/// break, a tab and a backslash.
/// </summary>
internal sealed class RecordTemplate
{
    private const string Opening = "{{", Closing = "}}";

    // Literals and field names alternate, beginning with a literal.
    private readonly List<string> parts;

    private RecordTemplate(List<string> parts) => this.parts = parts;

    /// <summary>
    /// Parses a template. Throws <see cref="UsageException"/> if a placeholder is not closed or has no name.
    /// </summary>
    public static RecordTemplate Parse(string text)
    {
        var parts = new List<string>();
        var at = 0;
        while (text.IndexOf(Opening, at, StringComparison.Ordinal) is var opening and >= 0)
        {
            var closing = text.IndexOf(Closing, opening, StringComparison.Ordinal);
            if (closing < 0)
                throw new UsageException($"--output template: '{text[opening..]}' is not closed by {Closing}.");
            var field = text[(opening + Opening.Length)..closing].Trim();
            if (field.Length == 0)
                throw new UsageException($"--output template: {Opening}{Closing} names no field.");
            parts.Add(Unescaped(text[at..opening]));
            parts.Add(field);
            at = closing + Closing.Length;
        }

        parts.Add(Unescaped(text[at..]));
        return new RecordTemplate(parts);
    }

    /// <summary>Returns the string for an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="isForTerminal">Whether to show the control characters of values as text.</param>
    public string Fill(JsonNode item, bool isForTerminal)
    {
        var text = new StringBuilder(parts[0]);
        for (var i = 1; i < parts.Count; i += 2)
        {
            var value = ValueOf(item, parts[i]);
            text.Append(isForTerminal ? TerminalText.Line(value) : value).Append(parts[i + 1]);
        }

        return text.ToString();
    }

    private static string ValueOf(JsonNode item, string path)
    {
        var at = (JsonNode?)item;
        foreach (var step in path.Split('.'))
        {
            at = at switch
            {
                JsonObject fields => fields[step],
                JsonArray items when int.TryParse(step, out var index) && index >= 0 && index < items.Count =>
                    items[index],
                _ => null,
            };
        }

        return JsonText.Text(at);
    }

    private static string Unescaped(string text) =>
        string.Join('\\', text.Split(@"\\").Select(static part =>
            part.Replace(@"\n", "\n", StringComparison.Ordinal).Replace(@"\t", "\t", StringComparison.Ordinal)));
}
