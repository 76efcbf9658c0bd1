namespace OrleansTasks.Storage;

/// <summary>The data job of the workflow node with index <c>Node</c>.</summary>
public sealed record StoredNodeJob(int Node, NodeJobRow Row)
{
    /// <summary>Returns the row as a new run of the workflow sees it: without a job.</summary>
    public StoredNodeJob Reset() => this with { Row = new NodeJobRow(Row.Node, null) };
}
