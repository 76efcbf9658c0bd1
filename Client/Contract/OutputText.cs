using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Contract;

/// <summary>Text that a command wrote, in an answer. Bytes that are not UTF-8 are replaced.</summary>
/// <param name="Bytes">The text.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct OutputText(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Writes texts.</summary>
    internal sealed class Converter : AnswerConverter<OutputText>
    {
        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, OutputText value, JsonSerializerOptions options)
        {
            if (Utf8.IsValid(value.Bytes.Span))
                writer.WriteStringValue(value.Bytes.Span);
            else
                writer.WriteStringValue(Encoding.UTF8.GetString(value.Bytes.Span));
        }
    }
}
