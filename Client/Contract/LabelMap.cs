using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// Labels of an answer, written as an object. They are a type, because a type can have a converter with which
/// System.Text.Json still uses the generated writer of the answer.
/// </summary>
/// <param name="Labels">The labels.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct LabelMap(ImmutableArray<Label> Labels)
{
    /// <summary>Returns labels of an answer.</summary>
    public static implicit operator LabelMap(ImmutableArray<Label> labels) => new(labels);

    /// <summary>Writes labels.</summary>
    internal sealed class Converter : AnswerConverter<LabelMap>
    {
        private static readonly LabelsConverter Inner = new();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, LabelMap value, JsonSerializerOptions options) =>
            Inner.Write(writer, value.Labels, options);
    }
}
