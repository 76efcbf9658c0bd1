using System.Globalization;
using System.Text.Json;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Writes counts as the HTTP contract shows them.</summary>
internal static class SummaryJson
{
    /// <summary>Writes <c>total</c>, <c>byState</c>, <c>byNode</c> and <c>byExitCode</c> into an object.</summary>
    public static void WriteFields(Utf8JsonWriter json, TaskSummary summary)
    {
        json.WriteNumber("total"u8, summary.Total);
        json.WriteStartObject("byState"u8);
        foreach (var (state, count) in summary.ByState)
            json.WriteNumber(state.Name(), count);
        json.WriteEndObject();
        json.WriteStartObject("byNode"u8);
        foreach (var (node, count) in summary.ByNode)
            json.WriteNumber(node, count);
        json.WriteEndObject();
        json.WriteStartObject("byExitCode"u8);
        foreach (var (code, count) in summary.ByExitCode)
            json.WriteNumber(code.ToString(CultureInfo.InvariantCulture), count);
        json.WriteEndObject();
    }
}
