using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Cli.Apply;

/// <summary>Compares the settings that a file names with those in force.</summary>
internal static class Difference
{
    // The version that a change replaces is no setting: the gateway compares it when it stores the change.
    private const string Version = "version";

    // The fields that the gateway shows in a form of its own: a webhook's types in a fixed order, 90s as 1m30s, a time
    // with an offset in UTC, an object in a list without its nulls. It shows all other fields as they were sent, and
    // these are compared as they are: to the command of a task, 90s and 1m30s are different arguments.
    private static readonly Dictionary<string, Form> Forms = new(StringComparer.Ordinal)
    {
        ["types"] = Form.Set,
        ["on"] = Form.Set,
        ["days"] = Form.Set,
        ["only"] = Form.Set,
        ["except"] = Form.Set,
        ["every"] = Form.Duration,
        ["startWithin"] = Form.Duration,
        ["jitter"] = Form.Duration,
        ["expectBy"] = Form.Duration,
        ["digest"] = Form.Duration,
        ["startAt"] = Form.Time,
        ["endAt"] = Form.Time,
        ["blackouts"] = Form.Items,
        ["blackouts[].from"] = Form.Time,
        ["blackouts[].to"] = Form.Time,
        ["filter"] = Form.Items,
        ["parameters"] = Form.Items,
    };

    /// <summary>How the values of a field are compared.</summary>
    private enum Form
    {
        AsSent, Set, Items, Duration, Time,
    }

    /// <summary>
    /// Returns the changes, each with <c>field</c>, <c>before</c> and <c>after</c>, in which <c>***</c> stands for a
    /// secret. A change with <c>hidden</c> is a value that the gateway does not show, so it may be the one in force.
    /// </summary>
    /// <param name="current">The settings in force; null if the resource does not exist.</param>
    /// <param name="desired">The settings that the file names. All others stay as they are.</param>
    /// <param name="secrets">The secret values of the file.</param>
    public static List<JsonNode> Between(JsonObject? current, JsonObject desired, SecretValues secrets)
    {
        var (before, after) = (current?.DeepClone().AsObject(), desired.DeepClone().AsObject());
        List<(string Field, JsonNode Shown)> hidden = [];
        if (before is not null)
        {
            secrets.TakeHidden(before);
            hidden = secrets.TakeHidden(after);
        }

        var was = new Side(before, before is null ? null : secrets.Masked(before));
        var willBe = new Side(after, secrets.Masked(after));
        var changes = new List<JsonNode>();
        foreach (var (field, value) in after)
        {
            if (field != Version && !AreEqual(field, before?[field], value)
                && (value is not null || !IsEmpty(before?[field])))
                Add(changes, field, was.Of(field), willBe.Of(field));
        }

        foreach (var (field, shown) in hidden)
        {
            changes.Add(new JsonObject
            {
                ["field"] = field, ["before"] = null, ["after"] = shown, ["hidden"] = true,
            });
        }

        return changes;
    }

    // Descends into objects, so that a change of one field of a task is shown alone.
    private static void Add(List<JsonNode> changes, string field, Side before, Side after)
    {
        if (before.Value is JsonObject was && after.Value is JsonObject willBe)
        {
            foreach (var name in NamesIn(was, willBe))
            {
                if (!AreEqual($"{field}.{name}", was[name], willBe[name]))
                    Add(changes, $"{field}.{name}", before.Of(name), after.Of(name));
            }

            return;
        }

        changes.Add(new JsonObject
        {
            ["field"] = field, ["before"] = before.Shown?.DeepClone(), ["after"] = after.Shown?.DeepClone(),
        });
    }

    private static bool AreEqual(string path, JsonNode? before, JsonNode? after)
    {
        if (before is JsonObject fields && after is JsonObject others)
            return NamesIn(fields, others).All(name => AreEqual($"{path}.{name}", fields[name], others[name]));
        var form = Forms.GetValueOrDefault(path);
        if (before is JsonArray was && after is JsonArray willBe && form is Form.Set or Form.Items)
        {
            return form == Form.Set ? Texts(was).SetEquals(Texts(willBe))
                : was.Count == willBe.Count
                    && was.Zip(willBe).All(pair => AreEqual($"{path}[]", pair.First, pair.Second));
        }

        return JsonNode.DeepEquals(before, after)
            || (TextOf(before) is { } old && TextOf(after) is { } wanted && AreSame(form, old, wanted));
    }

    // The gateway keeps whole milliseconds.
    private static bool AreSame(Form form, string before, string after) => form switch
    {
        Form.Duration => Length(before) is { } length && length == Length(after),
        Form.Time => Moment(before) is { } time && time == Moment(after),
        _ => false,
    };

    // The gateway shows the default of a setting that null has removed. What is false or empty is always a default; of
    // other values, only the gateway knows.
    private static bool IsEmpty(JsonNode? node) => node switch
    {
        JsonObject fields => fields.Count == 0,
        JsonArray items => items.Count == 0,
        JsonValue value => value.TryGetValue<bool>(out var flag) ? !flag : TextOf(value) is "",
        _ => true,
    };

    private static IEnumerable<string> NamesIn(JsonObject one, JsonObject other) =>
        one.Concat(other).Select(static pair => pair.Key).Distinct();

    private static HashSet<string> Texts(JsonArray array) => [.. array.Select(JsonText.Text)];

    private static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static long? Length(string text) =>
        Durations.TryParse(text, out var length) ? length.Ticks / TimeSpan.TicksPerMillisecond : null;

    private static long? Moment(string text) =>
        text.Contains('T', StringComparison.OrdinalIgnoreCase)
        && DateTimeOffset.TryParse(
            text.ToUpperInvariant(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUnixTimeMilliseconds()
            : null;

    /// <summary>A value, and what is shown of it.</summary>
    private readonly record struct Side(JsonNode? Value, JsonNode? Shown)
    {
        /// <summary>
        /// Returns the value of a member; null if there is no such member, or if this value is not an object.
        /// </summary>
        public Side Of(string name) => new((Value as JsonObject)?[name], (Shown as JsonObject)?[name]);
    }
}
