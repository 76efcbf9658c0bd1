using System.Text.Json;
using OrleansTasks.Contract;

namespace OrleansTasks.Rollouts;

/// <summary>Writes a number of nodes as a number, and a percentage as text.</summary>
public sealed class RolloutShareConverter : AnswerConverter<RolloutShare>
{
    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RolloutShare value, JsonSerializerOptions options)
    {
        if (value.IsPercent)
            writer.WriteStringValue(value.ToString());
        else
            writer.WriteNumberValue((long)value.Value);
    }
}
