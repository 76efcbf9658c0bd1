using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>Writes ids of an answer. Nothing reads them from JSON.</summary>
public sealed class TaskIdConverter : JsonConverter<TaskId>
{
    /// <inheritdoc/>
    public override TaskId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskId value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[TaskId.TextLength];
        value.WriteText(text);
        writer.WriteStringValue(text);
    }
}
