using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// A JSON object of an answer that our own code has written, such as a job's results. It is copied without a check,
/// because it may have megabytes; <see cref="StoredJson"/> is for what others have written.
/// </summary>
/// <param name="Utf8">The text.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct WrittenJson(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>Writes objects.</summary>
    internal sealed class Converter : AnswerConverter<WrittenJson>
    {
        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, WrittenJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
