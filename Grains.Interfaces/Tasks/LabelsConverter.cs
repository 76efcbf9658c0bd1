using System.Text.Json;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;

namespace OrleansTasks.Tasks;

/// <summary>
/// Writes labels of an answer as an object, without those that the service keeps for itself.
/// </summary>
public sealed class LabelsConverter : AnswerConverter<ImmutableArray<Label>>
{
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
