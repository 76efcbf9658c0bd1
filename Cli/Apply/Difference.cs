using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>Compares the settings that a file names with those in force.</summary>
internal static partial class Difference
{
    // Lists in which the order means nothing; the gateway shows some of them in an order of its own.
    private static readonly string[] Sets = ["types", "on", "days", "only", "except"];

    private static readonly char[] Units = ['m', 's', 'h', 'd'];
    private static readonly char[] Digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

    /// <summary>Returns the changes, each with <c>field</c>, <c>before</c> and <c>after</c>.</summary>
    /// <param name="current">The settings in force; null if the resource does not exist.</param>
    /// <param name="desired">The settings that the file names. All others stay as they are.</param>
    public static List<JsonNode> Between(JsonObject? current, JsonObject desired)
    {
        var changes = new List<JsonNode>();
        foreach (var (field, after) in desired)
        {
            var before = current?[field];
            if (!AreEqual(field, before, after))
                Add(changes, field, before, after);
        }

        return changes;
    }

    // Descends into objects, so that a change of one field of a task is shown alone.
    private static void Add(List<JsonNode> changes, string field, JsonNode? before, JsonNode? after)
    {
        if (before is JsonObject was && after is JsonObject willBe)
        {
            foreach (var name in was.Concat(willBe).Select(static pair => pair.Key).Distinct())
            {
                if (!JsonNode.DeepEquals(was[name], willBe[name]))
                    Add(changes, $"{field}.{name}", was[name], willBe[name]);
            }

            return;
        }

        changes.Add(new JsonObject { ["field"] = field, ["before"] = before?.DeepClone(), ["after"] = after?.DeepClone() });
    }

    // The gateway writes some values in a form of its own: 90s as 1m30s, a time with an offset in UTC, a webhook's
    // types in a fixed order.
    private static bool AreEqual(string field, JsonNode? before, JsonNode? after) =>
        JsonNode.DeepEquals(before, after)
        || (Sets.Contains(field) && before is JsonArray was && after is JsonArray willBe && Texts(was).SetEquals(Texts(willBe)))
        || (TextOf(before) is { } old && TextOf(after) is { } wanted
            && ((Milliseconds(old) is { } length && length == Milliseconds(wanted))
                || (Moment(old) is { } time && time == Moment(wanted))));

    private static HashSet<string> Texts(JsonArray array) => [.. array.Select(JsonText.Text)];

    private static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static decimal? Milliseconds(string text)
    {
        if (Duration().Match(text) is not { Success: true } match)
            return null;
        return match.Groups["part"].Captures.Sum(static part =>
            decimal.Parse(part.Value.TrimEnd(Units), CultureInfo.InvariantCulture)
                * LengthOf(part.Value.TrimStart(Digits)));
    }

    private static decimal LengthOf(string unit) => unit switch
    {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 86_400_000,
    };

    private static DateTimeOffset? Moment(string text) =>
        text.Contains('T')
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    [GeneratedRegex("^(?<part>[0-9]{1,15}(ms|s|m|h|d))+$", RegexOptions.ExplicitCapture)]
    private static partial Regex Duration();
}
