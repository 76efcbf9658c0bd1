using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Contract;

/// <summary>Writes values of answers. Nothing reads answers from JSON.</summary>
public abstract class AnswerConverter<T> : JsonConverter<T>
{
    /// <inheritdoc/>
    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{typeof(T)} is only written.");
}
