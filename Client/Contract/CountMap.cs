using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Contract;

/// <summary>Counts of an answer by name, written as an object in their order.</summary>
/// <param name="Counts">The counts.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct CountMap(IEnumerable<KeyValuePair<string, long>> Counts)
{
    /// <summary>Returns the number of tasks in each state that has any, in the order of a task's life.</summary>
    public static CountMap OfStates(Func<TaskState, long> countOf) => new(
        TaskStates.All.Select(state => KeyValuePair.Create(state.Name(), countOf(state))).Where(static one => one.Value > 0));

    /// <summary>Writes counts.</summary>
    internal sealed class Converter : AnswerConverter<CountMap>
    {
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
