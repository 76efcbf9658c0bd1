using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>A node of a WorkflowSpec as parsed, before the names in its <c>after</c> are resolved.</summary>
internal sealed class NodeDraft
{
    public string Name { get; set; } = "";

    public TaskSpec Task { get; set; } = new();

    /// <summary>The job that the node runs; null if it runs a task.</summary>
    public JobSpec? Job { get; set; }

    /// <summary>The position of the task's or job's spec in the document.</summary>
    public SpecExtent Extent { get; set; }

    public bool MayFail { get; set; }

    public ForEachDraft? ForEach { get; set; }

    public List<(string Node, EndCondition On)> After { get; } = [];
}

/// <summary>A node's <c>forEach</c> as parsed. <c>Node</c> is a name that is not yet resolved to an index.</summary>
internal sealed record ForEachDraft(string Node, ItemsFrom From, string Select);
