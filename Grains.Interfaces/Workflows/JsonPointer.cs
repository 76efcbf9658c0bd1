using System.Text.Json;

namespace OrleansTasks.Workflows;

/// <summary>Checks and resolves JSON pointers (RFC 6901), such as <c>/files/0/name</c>.</summary>
public static class JsonPointer
{
    /// <summary>Returns why a string is not a JSON pointer; null if it is one.</summary>
    public static string? FaultOf(string pointer)
    {
        if (pointer.Length > 0 && pointer[0] != '/')
            return "must be a JSON pointer: empty, or beginning with /";
        for (var at = pointer.IndexOf('~'); at >= 0; at = pointer.IndexOf('~', at + 1))
        {
            if (at + 1 == pointer.Length || pointer[at + 1] is not ('0' or '1'))
                return "must be a JSON pointer: write ~ as ~0, and / in a name as ~1";
        }

        return null;
    }

    /// <summary>Returns the value that the pointer refers to; null if there is none.</summary>
    /// <param name="root">The document.</param>
    /// <param name="pointer">A string for which <see cref="FaultOf"/> returns null.</param>
    public static JsonElement? Find(JsonElement root, string pointer)
    {
        var found = root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (found.ValueKind == JsonValueKind.Object && found.TryGetProperty(name, out var field))
                found = field;
            else if (found.ValueKind == JsonValueKind.Array && IndexOf(name) is { } index
                && index < found.GetArrayLength())
                found = found[index];
            else
                return null;
        }

        return found;
    }

    private static int? IndexOf(string name) =>
        name.Length is > 0 and <= 9 && name.All(char.IsAsciiDigit) && (name.Length == 1 || name[0] != '0')
            ? int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
