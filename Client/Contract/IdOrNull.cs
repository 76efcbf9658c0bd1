using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>An id that may be null, of a member that some answers do not have at all.</summary>
/// <param name="Id">The id; null for null.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct IdOrNull(TaskId? Id)
{
    /// <summary>Writes ids.</summary>
    internal sealed class Converter : AnswerConverter<IdOrNull>
    {
        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, IdOrNull value, JsonSerializerOptions options)
        {
            if (value.Id is { } id)
                writer.WriteStringValue(id.ToString());
            else
                writer.WriteNullValue();
        }
    }
}
