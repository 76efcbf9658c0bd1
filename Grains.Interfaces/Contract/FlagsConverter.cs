using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Contract;

/// <summary>Writes flags of an answer as a list of their names. Nothing reads them from JSON.</summary>
/// <typeparam name="T">The flags.</typeparam>
public sealed class FlagsConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly (T Flag, JsonEncodedText Name)[] Names =
        [.. EnumNames.Of(typeof(T)).Select(static value => ((T)value.Value, JsonEncodedText.Encode(value.Name)))];

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var (flag, name) in Names)
        {
            if (value.HasFlag(flag))
                writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    }
}
