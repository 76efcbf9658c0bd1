using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli;

/// <summary>
/// Reads JSON as strictly as the gateway reads bodies: an object has each name once, and every text is Unicode. Other
/// readers keep one of two fields with the same name, or fail only when a field is used.
/// </summary>
internal static partial class StrictJson
{
    /// <summary>Parses bytes. Throws <see cref="JsonException"/>, whose message says what is wrong.</summary>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, JsonDocumentOptions options = default)
    {
        if (Utf8Fault.In(json) is { } fault)
            throw new JsonException($"{fault}.");
        options.AllowDuplicateProperties = false;
        try
        {
            // Only an escape sequence can stand for half of a surrogate pair.
            if (json.IndexOf("\\u"u8) >= 0)
                CheckTexts(json, options);
            return JsonNode.Parse(json, documentOptions: options);
        }
        catch (JsonException failure) when (failure.LineNumber is { } line)
        {
            var text = failure.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new JsonException($"{text} (line {line + 1}, byte {failure.BytePositionInLine + 1}).");
        }
        catch (JsonException failure) when (Twice().Match(failure.Message) is { Success: true } match)
        {
            throw new JsonException($"an object has the name '{match.Groups["name"].Value}' more than once.");
        }
    }

    /// <summary>Parses a text like <see cref="Parse(ReadOnlySpan{byte}, JsonDocumentOptions)"/>.</summary>
    public static JsonNode? Parse(string json, JsonDocumentOptions options = default) =>
        Parse(Encoding.UTF8.GetBytes(json), options);

    [GeneratedRegex("^Duplicate property '(?<name>.*)' encountered", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Twice();

    private static void CheckTexts(ReadOnlySpan<byte> json, JsonDocumentOptions options)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions
        {
            AllowTrailingCommas = options.AllowTrailingCommas, CommentHandling = options.CommentHandling, MaxDepth = options.MaxDepth,
        });
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new JsonException(
                    $"the text \"{Encoding.UTF8.GetString(reader.ValueSpan)}\" has half of a surrogate pair.");
            }
        }
    }
}
