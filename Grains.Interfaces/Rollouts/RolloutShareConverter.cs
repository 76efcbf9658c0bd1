using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Rollouts;

/// <summary>Writes a number of nodes as a number, and a percentage as text. Nothing reads them from JSON.</summary>
public sealed class RolloutShareConverter : JsonConverter<RolloutShare>
{
    /// <inheritdoc/>
    public override RolloutShare Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RolloutShare value, JsonSerializerOptions options)
    {
        if (value.IsPercent)
            writer.WriteStringValue(value.ToString());
        else
            writer.WriteNumberValue((long)value.Value);
    }
}
