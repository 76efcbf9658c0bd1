using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>A node of a WorkflowSpec as it was read, before the names in its <c>after</c> are looked up.</summary>
internal sealed class NodeDraft
{
    public string Name { get; set; } = "";

    public TaskSpec Task { get; set; } = new();

    /// <summary>What it runs in place of a task; null for a task.</summary>
    public JobSpec? Job { get; set; }

    /// <summary>Where the spec of the task or the job stands in the document.</summary>
    public SpecExtent Extent { get; set; }

    public bool MayFail { get; set; }

    public ForEachDraft? ForEach { get; set; }

    public List<(string Node, EndCondition On)> After { get; } = [];
}

/// <summary>A node's <c>forEach</c> as it was read; the node is named.</summary>
internal sealed record ForEachDraft(string Node, ItemsFrom From, string Select);
