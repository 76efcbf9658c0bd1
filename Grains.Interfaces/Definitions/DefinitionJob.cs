using System.Buffers;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Schedules;

namespace OrleansTasks.Definitions;

/// <summary>
/// Writes the spec of a job that a definition starts: with the definition's labels and the parameters' variables.
/// </summary>
public static class DefinitionJob
{
    /// <summary>Returns the spec of the job to store, as JSON in UTF-8.</summary>
    public static byte[] SpecOf(FilledTarget target, DefinitionRef definition)
    {
        var labels = DefinitionLabels.With(JobSpecReader.ReadStored(target.Body).Labels, definition);
        using var document = JsonDocument.Parse(target.Body);
        var buffer = new ArrayBufferWriter<byte>(target.Body.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("labels"u8))
                    field.WriteTo(json);
            }

            json.WriteStartObject("labels"u8);
            foreach (var label in labels)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
            json.WriteStartObject("env"u8);
            foreach (var (name, value) in target.Variables)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
