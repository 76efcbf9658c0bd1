using System.Text.Json;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Contract;

/// <summary>Writes durations as the contract shows them, such as 1h30m.</summary>
internal sealed class DurationTextConverter : AnswerConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Durations.Format(value));
}
