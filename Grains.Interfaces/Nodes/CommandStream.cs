namespace OrleansTasks.Nodes;

/// <summary>The streams of <see cref="CommandBatch"/>es from dispatchers to nodes, keyed by node id.</summary>
public static class CommandStream
{
    /// <summary>The stream provider that every engine registers.</summary>
    public const string Provider = "commands";

    /// <summary>The namespace of the streams.</summary>
    public const string Namespace = "commands";
}
