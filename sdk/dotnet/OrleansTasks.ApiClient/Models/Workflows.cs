using System.Text.Json.Serialization;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>
/// Tasks and data jobs of one queue that wait for each other. The service accepts all of them or none.
/// </summary>
public sealed record WorkflowSpec
{
    /// <summary>The nodes, in any order.</summary>
    public required IReadOnlyList<WorkflowNode> Nodes { get; init; }

    /// <summary>The name for people; by default the name of the first node.</summary>
    public string? Name { get; init; }

    /// <summary>The queue; <c>default</c> by default.</summary>
    public string? Queue { get; init; }

    /// <summary>Labels to find the workflow by.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>What a failure of a node does to the others; by default they continue if they can.</summary>
    public FailureRule? OnFailure { get; init; }
}

/// <summary>What a failure of a node does to a workflow's other nodes.</summary>
[JsonConverter(typeof(CamelWordConverter<FailureRule>))]
public enum FailureRule
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>Only nodes that can no longer run are skipped.</summary>
    Continue,

    /// <summary>All nodes are cancelled, except those that wait for a failure or for any end.</summary>
    Cancel,
}

/// <summary>A node of a workflow: a task or a data job.</summary>
/// <param name="Name">The name, unique in the workflow.</param>
public sealed record WorkflowNode(string Name)
{
    /// <summary>The task; null if the node is a job.</summary>
    public TaskSpec? Task { get; init; }

    /// <summary>The data job; null if the node is a task.</summary>
    public JobSpec? Job { get; init; }

    /// <summary>The nodes that must have ended before.</summary>
    public IReadOnlyList<NodeCondition>? After { get; init; }

    /// <summary>Whether the workflow may succeed although this node has failed.</summary>
    public bool? MayFail { get; init; }

    /// <summary>The list for whose items the task runs; null to run it once.</summary>
    public ForEach? ForEach { get; init; }
}

/// <summary>
/// A node that must have ended before another one. A name converts to the condition that it has succeeded.
/// </summary>
/// <param name="Node">The name of the node.</param>
/// <param name="On">How it must have ended; null for succeeded.</param>
public sealed record NodeCondition(string Node, EndCondition? On = null)
{
    /// <summary>Returns the condition that a node has succeeded.</summary>
    public static implicit operator NodeCondition(string node) => FromString(node);

    /// <summary>Returns the condition that a node has succeeded.</summary>
    public static NodeCondition FromString(string node) => new(node);
}

/// <summary>The list for whose items a task runs.</summary>
/// <param name="Node">The node that has the list.</param>
/// <param name="From">Where the node has it; null for its result.</param>
/// <param name="Select">A JSON pointer to the array in the result; null for the result itself.</param>
public sealed record ForEach(string Node, ListPlace? From = null, string? Select = null);

/// <summary>Where a node has a list.</summary>
[JsonConverter(typeof(CamelWordConverter<ListPlace>))]
public enum ListPlace
{
    /// <summary>A place that this version of the package does not know.</summary>
    Unknown,

    /// <summary>In its result, as an array.</summary>
    Result,

    /// <summary>In its standard output, as lines.</summary>
    Stdout,
}

/// <summary>A workflow.</summary>
public sealed record WorkflowDetails
{
    /// <summary>The workflow's id.</summary>
    public required string Id { get; init; }

    /// <summary>The workflow's name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The state.</summary>
    public TaskState State { get; init; }

    /// <summary>1, and one more with each retry.</summary>
    public int Run { get; init; }

    /// <summary>What a failure does to other nodes.</summary>
    public FailureRule OnFailure { get; init; }

    /// <summary>The workflow's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>When the service accepted the workflow.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the first node started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the workflow ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When a cancel was requested.</summary>
    public DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>The number of nodes.</summary>
    public int Nodes { get; init; }

    /// <summary>The number of nodes that have ended.</summary>
    public int Ended { get; init; }

    /// <summary>The number of nodes by state.</summary>
    public IReadOnlyDictionary<string, int> ByState { get; init; } = new Dictionary<string, int>();

    /// <summary>The names of up to ten nodes that made the workflow fail.</summary>
    public IReadOnlyList<string> FailedNodes { get; init; } = [];

    /// <summary>Whether the state is final: only a retry leaves it.</summary>
    public bool HasEnded => State is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled;
}

/// <summary>A node of a workflow as it is now.</summary>
public sealed record WorkflowNodeDetails
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>The state of the node's task or job.</summary>
    public TaskState State { get; init; }

    /// <summary>Why it ended; null while it has not.</summary>
    public EndReason? Reason { get; init; }

    /// <summary>The exit code; null if there is none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the workflow may succeed although this node has failed.</summary>
    public bool MayFail { get; init; }

    /// <summary>The nodes that must have ended before.</summary>
    public IReadOnlyList<NodeCondition> After { get; init; } = [];

    /// <summary>The id of the node's task.</summary>
    public string? Task { get; init; }

    /// <summary>The id of the node's job; null for a task, and before the job has started.</summary>
    public string? Job { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The list for whose items the task runs; null if it runs once.</summary>
    public ForEach? ForEach { get; init; }

    /// <summary>The items; null without <see cref="ForEach"/>.</summary>
    public NodeItems? Elements { get; init; }

    /// <summary>Why a node with <see cref="ForEach"/> has no list; null if nothing is wrong.</summary>
    public string? Detail { get; init; }
}

/// <summary>The items of a node with <see cref="ForEach"/>.</summary>
/// <param name="Total">The number of items; null until the list has been read.</param>
/// <param name="ByState">The number of the items' tasks by state.</param>
public sealed record NodeItems(int? Total, IReadOnlyDictionary<string, int> ByState);
