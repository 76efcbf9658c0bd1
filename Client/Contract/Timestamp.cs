using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Contract;

/// <summary>A time of an answer, written as RFC 3339 text with milliseconds.</summary>
/// <param name="UnixMilliseconds">The time.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct Timestamp(long UnixMilliseconds)
{
    /// <summary>Returns a time in Unix milliseconds.</summary>
    public static implicit operator Timestamp(long unixMilliseconds) => new(unixMilliseconds);

    /// <summary>Writes times.</summary>
    internal sealed class Converter : AnswerConverter<Timestamp>
    {
        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options)
        {
            Span<byte> text = stackalloc byte[Timestamps.TextLength];
            Timestamps.Write(value.UnixMilliseconds, text);
            writer.WriteStringValue(text);
        }
    }
}
