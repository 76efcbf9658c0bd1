using System.Text.Json.Serialization;

namespace OrleansTasks.Workflows;

/// <summary>
/// What a workflow does when a node without <c>mayFail</c> fails. The values are stored and must not change.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<FailureRule>))]
public enum FailureRule : byte
{
    /// <summary>Skips only the nodes that can no longer run.</summary>
    [JsonStringEnumMemberName("continue")]
    Continue = 0,

    /// <summary>
    /// Cancels all running and waiting nodes, except those that wait for another node to fail or to end.
    /// </summary>
    [JsonStringEnumMemberName("cancel")]
    Cancel = 1,
}
