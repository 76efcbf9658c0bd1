using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient.Json;

/// <summary>
/// Enumerations as the API writes them. A word that a newer service adds is read as the value 0, which every
/// enumeration calls <c>Unknown</c> and no request can have.
/// </summary>
internal abstract class WordConverter<T>(JsonNamingPolicy naming) : JsonConverter<T>
    where T : struct, Enum
{
    private readonly Dictionary<string, T> values =
        Enum.GetValues<T>().Skip(1).ToDictionary(value => naming.ConvertName(value.ToString()), StringComparer.Ordinal);

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? values.GetValueOrDefault(reader.GetString()!)
            : throw new JsonException("A word was expected.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (EqualityComparer<T>.Default.Equals(value, default))
            throw new JsonException($"{typeof(T).Name}.{value} cannot be sent.");
        writer.WriteStringValue(WordOf(value));
    }

    /// <summary>Returns whether a text is the word of a known value.</summary>
    internal bool Knows(string word) => values.ContainsKey(word);

    /// <summary>Returns the word of a value.</summary>
    internal string WordOf(T value) => naming.ConvertName(value.ToString());
}

/// <summary>Words such as <c>queueOne</c>.</summary>
internal sealed class CamelWordConverter<T>() : WordConverter<T>(JsonNamingPolicy.CamelCase)
    where T : struct, Enum;

/// <summary>Words such as <c>node-lost</c>.</summary>
internal sealed class KebabWordConverter<T>() : WordConverter<T>(JsonNamingPolicy.KebabCaseLower)
    where T : struct, Enum;
