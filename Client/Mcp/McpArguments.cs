using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Mcp;

/// <summary>The arguments of a tool call. Invalid ones are refused like parameters of the HTTP API.</summary>
/// <param name="given">The arguments; null for none.</param>
internal sealed class McpArguments(IDictionary<string, JsonElement>? given)
{
    /// <summary>All arguments.</summary>
    public IEnumerable<KeyValuePair<string, JsonElement>> All => given ?? new Dictionary<string, JsonElement>();

    /// <summary>Returns a single-valued argument as a string; null if it is missing or null.</summary>
    public string? Text(string name) =>
        given is not null && given.TryGetValue(name, out var value) ? TextOf(name, value) : null;

    /// <summary>Returns a required argument. Throws if it is missing.</summary>
    public string Required(string name) => Text(name) is { Length: > 0 } text
        ? text
        : throw QueryValues.Refuse($"The argument '{name}' is missing.");

    /// <summary>Returns all values of an argument that is a value or an array of values.</summary>
    public IEnumerable<string> Texts(string name)
    {
        if (given is null || !given.TryGetValue(name, out var value))
            return [];
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(one => TextOf(name, one)).OfType<string>()]
            : TextOf(name, value) is { } text ? [text] : [];
    }

    /// <summary>
    /// Returns an integer from <paramref name="min"/> to <paramref name="max"/>, or <paramref name="defaultValue"/> if
    /// the argument is missing.
    /// </summary>
    public long Integer(string name, long min, long max, long defaultValue)
    {
        if (Text(name) is not { } text)
            return defaultValue;
        return long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
            out var value) && value >= min && value <= max
            ? value
            : throw QueryValues.Refuse(
                $"'{name}' must be a whole number from {ServiceLimits.Count(min)} to {ServiceLimits.Count(max)}.");
    }

    /// <summary>Refuses arguments that the tool does not have.</summary>
    public void RefuseOthers(IReadOnlyCollection<string> known)
    {
        foreach (var (name, _) in All)
        {
            if (known.Contains(name, StringComparer.Ordinal))
                continue;
            var near = NearMatch.Find(name, [.. known]);
            throw QueryValues.Refuse($"Unknown argument '{StrictReader.Quote(name)}'; "
                + (near is null ? $"the arguments of this tool are {string.Join(", ", known)}." : $"did you mean '{near}'?"));
        }
    }

    private static string? TextOf(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Unescaped(name, value),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw QueryValues.Refuse($"'{name}' must be a single value."),
    };

    private static string Unescaped(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The string contains half of a surrogate pair.
            throw QueryValues.Refuse($"'{name}' must be Unicode text.");
        }
    }
}
