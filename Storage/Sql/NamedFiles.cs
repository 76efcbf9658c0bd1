using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Storage.Sql;

/// <summary>Finds the stored files that a JSON document names: every string that is the name of a file.</summary>
internal static class NamedFiles
{
    /// <summary>Returns the names, each once; none if the document is not JSON.</summary>
    internal static HashSet<FileName> In(ReadOnlySpan<byte> utf8)
    {
        var names = new HashSet<FileName>();
        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.StartsWith("sha256:"u8)
                    && FileName.TryParse(reader.GetString()!, out var name))
                    names.Add(name);
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return names;
    }
}
