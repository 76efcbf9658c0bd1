namespace OrleansTasks.Worker.Hosting;

/// <summary>The syntax of node names and labels.</summary>
public static class NodeName
{
    private const int LongestName = 200;
    private const int LongestKey = 63;
    private const int LongestValue = 256;

    // The service sets labels with such keys itself.
    private const string ReservedKeys = "node/";

    /// <summary>Whether a string is a valid node id.</summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= LongestName && text.All(IsPart) && text is not ("." or "..");

    /// <summary>Returns the machine's name without the characters that an id cannot have.</summary>
    public static string OfMachine()
    {
        var id = string.Concat(Environment.MachineName.Where(IsPart));
        return IsValid(id) ? id : "worker";
    }

    // Must match the silo's check.
    private static bool IsPart(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';

    /// <summary>Parses <c>KEY=VALUE</c>. Returns false if a task's <c>requires</c> could not name it.</summary>
    public static bool TryReadLabel(string text, out KeyValuePair<string, string> label)
    {
        label = default;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals is < 1 or > LongestKey)
            return false;
        var (key, value) = (text[..equals], text[(equals + 1)..]);
        if (!(char.IsAsciiLetterLower(key[0]) || char.IsAsciiDigit(key[0]))
            || !key.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '/' or '-')
            || key.StartsWith(ReservedKeys, StringComparison.Ordinal)
            || value.Length > LongestValue || value.Any(char.IsControl))
            return false;
        label = new(key, value);
        return true;
    }
}
