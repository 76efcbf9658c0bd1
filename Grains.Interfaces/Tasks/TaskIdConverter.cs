using System.Text.Json;
using OrleansTasks.Contract;

namespace OrleansTasks.Tasks;

/// <summary>Writes ids of an answer.</summary>
public sealed class TaskIdConverter : AnswerConverter<TaskId>
{
    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskId value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[TaskId.TextLength];
        value.WriteText(text);
        writer.WriteStringValue(text);
    }
}
