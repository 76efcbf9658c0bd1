namespace OrleansTasks.Workflows;

/// <summary>
/// What a workflow does when a node fails that may not fail. The numbers are stored and must not change.
/// </summary>
public enum FailureRule : byte
{
    /// <summary>Only what cannot run any more is skipped.</summary>
    Continue = 0,

    /// <summary>What runs or waits is cancelled, except nodes that wait for another one to fail or to end.</summary>
    Cancel = 1,
}
