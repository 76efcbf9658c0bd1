using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli;

/// <summary>Reads files whose text an option sends.</summary>
internal static class TextFile
{
    /// <summary>
    /// Returns the text of a file, or of standard input for <c>-</c>. Throws <see cref="UsageException"/>.
    /// </summary>
    public static string Read(string option, string file)
    {
        try
        {
            return file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{option}: cannot read '{file}': {e.Message}");
        }
    }

    /// <summary>
    /// Returns the JSON object in a file, or in standard input for <c>-</c>. Throws <see cref="UsageException"/>.
    /// </summary>
    public static JsonObject ReadObject(string option, string file)
    {
        try
        {
            return JsonNode.Parse(Read(option, file)) as JsonObject
                ?? throw new UsageException($"{option}: '{file}' must contain a JSON object.");
        }
        catch (JsonException fault)
        {
            throw new UsageException($"{option}: '{file}' is not valid JSON: {fault.Message}");
        }
    }
}
