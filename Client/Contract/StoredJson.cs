using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Contract;

/// <summary>A JSON object of an answer that is stored as text. Invalid text is written as null.</summary>
/// <param name="Utf8">The text; empty for null.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct StoredJson(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>Returns the object of a text.</summary>
    public static StoredJson Of(string? text) => new(text is null ? default : System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Writes objects.</summary>
    internal sealed class Converter : AnswerConverter<StoredJson>
    {
        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, StoredJson value, JsonSerializerOptions options)
        {
            if (value.Utf8.IsEmpty)
                writer.WriteNullValue();
            else
                TaskJson.WriteStored(writer, value.Utf8.Span);
        }
    }
}
