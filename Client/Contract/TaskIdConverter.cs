using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>Writes ids of an answer.</summary>
internal sealed class TaskIdConverter : JsonConverter<TaskId>
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
