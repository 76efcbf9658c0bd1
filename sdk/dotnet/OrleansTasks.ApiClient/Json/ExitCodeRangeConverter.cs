using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient.Json;

/// <summary>Exit codes as the API writes them: a number, or a text such as <c>64-78</c>.</summary>
internal sealed class ExitCodeRangeConverter : JsonConverter<ExitCodeRange>
{
    /// <inheritdoc/>
    public override ExitCodeRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.GetInt32();
        var parts = (reader.GetString() ?? "").Split('-');
        return parts.Length is 1 or 2 && TryParse(parts[0], out var first) && TryParse(parts[^1], out var last)
            ? new ExitCodeRange(first, last)
            : throw new JsonException("An exit code, or a range such as 64-78, was expected.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ExitCodeRange value, JsonSerializerOptions options)
    {
        if (value.First == value.Last)
            writer.WriteNumberValue(value.First);
        else
            writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value.First}-{value.Last}"));
    }

    private static bool TryParse(string text, out int code) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code);
}
