namespace OrleansTasks.Storage;

/// <summary>The data job of a workflow's node.</summary>
/// <param name="Node">The node's index in the workflow.</param>
/// <param name="Row">What is stored of it.</param>
public sealed record StoredNodeJob(int Node, NodeJobRow Row)
{
    /// <summary>The same, without a job of the workflow's present run.</summary>
    public StoredNodeJob Reset() => this with { Row = new NodeJobRow(Row.Node, null) };
}
