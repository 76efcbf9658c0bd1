using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Definitions;

namespace OrleansTasks.Tasks;

/// <summary>
/// Writes labels of an answer as an object, without those that the service keeps for itself. Nothing reads them from
/// JSON.
/// </summary>
public sealed class LabelsConverter : JsonConverter<ImmutableArray<Label>>
{
    /// <inheritdoc/>
    public override ImmutableArray<Label> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ImmutableArray<Label> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var label in value.IsDefault ? [] : value)
        {
            if (!DefinitionLabels.IsReserved(label.Key))
                writer.WriteString(label.Key, label.Value);
        }

        writer.WriteEndObject();
    }
}
