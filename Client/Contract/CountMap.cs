using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Client.Contract;

/// <summary>Counts of an answer by name, written as an object in their order.</summary>
/// <param name="Counts">The counts.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct CountMap(IEnumerable<KeyValuePair<string, long>> Counts)
{
    /// <summary>Writes counts.</summary>
    internal sealed class Converter : JsonConverter<CountMap>
    {
        /// <inheritdoc/>
        public override CountMap Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, CountMap value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var (name, count) in value.Counts)
                writer.WriteNumber(name, count);
            writer.WriteEndObject();
        }
    }
}
