using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>The number of tasks in each state that has any, written as an object.</summary>
/// <param name="ByState">The numbers, by the value of the state.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct StateCounts(ImmutableArray<int> ByState)
{
    /// <summary>Writes numbers.</summary>
    internal sealed class Converter : JsonConverter<StateCounts>
    {
        /// <inheritdoc/>
        public override StateCounts Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, StateCounts value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var state in TaskStates.All)
            {
                if (value.ByState[(int)state] is > 0 and var count)
                    writer.WriteNumber(state.Name(), count);
            }

            writer.WriteEndObject();
        }
    }
}
