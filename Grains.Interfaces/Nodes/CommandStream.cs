namespace OrleansTasks.Nodes;

/// <summary>Names the streams that carry <see cref="CommandBatch"/> from dispatchers to nodes; a stream's key is the node's id.</summary>
public static class CommandStream
{
    /// <summary>The stream provider that every engine registers.</summary>
    public const string Provider = "commands";

    /// <summary>The streams' namespace.</summary>
    public const string Namespace = "commands";
}
