using System.Text.Json.Serialization;

namespace OrleansTasks.Workflows;

/// <summary>The state of a workflow. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WorkflowState>))]
public enum WorkflowState : byte
{
    /// <summary>At least one node is open.</summary>
    [JsonStringEnumMemberName("running")]
    Running = 0,

    /// <summary>All nodes have ended, and no node without <c>mayFail</c> failed.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 1,

    /// <summary>All nodes have ended, and a node without <c>mayFail</c> failed or was cancelled by a caller.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 2,

    /// <summary>All nodes have ended after a caller cancelled the workflow.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled = 3,
}
