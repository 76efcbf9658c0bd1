namespace OrleansTasks.Workflows;

/// <summary>The state of a workflow. The numbers are stored and must not change.</summary>
public enum WorkflowState : byte
{
    /// <summary>A node is open.</summary>
    Running = 0,

    /// <summary>All nodes have ended, and none failed that may not fail.</summary>
    Succeeded = 1,

    /// <summary>All nodes have ended, and one without <c>mayFail</c> failed or was cancelled by somebody.</summary>
    Failed = 2,

    /// <summary>All nodes have ended after somebody cancelled the workflow.</summary>
    Cancelled = 3,
}
