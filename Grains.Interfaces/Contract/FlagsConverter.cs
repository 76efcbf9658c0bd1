using System.Text.Json;

namespace OrleansTasks.Contract;

/// <summary>Writes flags of an answer as a list of their names.</summary>
/// <typeparam name="T">The flags.</typeparam>
public sealed class FlagsConverter<T> : AnswerConverter<T>
    where T : struct, Enum
{
    private static readonly (T Flag, JsonEncodedText Name)[] Names =
        [.. EnumNames.Of(typeof(T)).Select(static value => ((T)value.Value, JsonEncodedText.Encode(value.Name)))];

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
