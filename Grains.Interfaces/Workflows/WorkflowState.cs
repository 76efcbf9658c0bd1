namespace OrleansTasks.Workflows;

/// <summary>The state of a workflow. The values are stored and must not change.</summary>
public enum WorkflowState : byte
{
    /// <summary>At least one node is open.</summary>
    Running = 0,

    /// <summary>All nodes have ended, and no node without <c>mayFail</c> failed.</summary>
    Succeeded = 1,

    /// <summary>All nodes have ended, and a node without <c>mayFail</c> failed or was cancelled by a caller.</summary>
    Failed = 2,

    /// <summary>All nodes have ended after a caller cancelled the workflow.</summary>
    Cancelled = 3,
}
