using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Contract;

/// <summary>Writes durations as the contract shows them, such as 1h30m.</summary>
internal sealed class DurationTextConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Durations.Format(value));
}
