using System.Text.Json.Nodes;

namespace OrleansTasks.Cli;

/// <summary>Reads options of the form <c>NAME=VALUE</c>.</summary>
internal static class Pairs
{
    /// <summary>
    /// Returns the pairs as a JSON object; null if there are none. With <paramref name="fromEnvironment"/>, a name
    /// alone takes its value from this process's environment. Throws <see cref="UsageException"/>.
    /// </summary>
    public static JsonObject? Read(string option, string[]? texts, bool fromEnvironment = false)
    {
        if (texts is not { Length: > 0 })
            return null;
        var pairs = new JsonObject();
        foreach (var (name, value) in List(option, texts, fromEnvironment))
            pairs[name] = value;
        return pairs;
    }

    /// <summary>
    /// Returns the pairs in order, those with the same name among them. Throws as <see cref="Read"/> does.
    /// </summary>
    public static IEnumerable<(string Name, string Value)> List(
        string option, string[]? texts, bool fromEnvironment = false)
    {
        foreach (var text in texts ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                yield return (text[..equals], text[(equals + 1)..]);
            else if (equals < 0 && fromEnvironment && RawArguments.Variable(text, option) is { } value)
                yield return (text, value);
            else
                throw UsageException.OfValue(
                    option, text, fromEnvironment ? "NAME=VALUE, or the NAME of a variable that is set here" : "NAME=VALUE");
        }
    }
}
