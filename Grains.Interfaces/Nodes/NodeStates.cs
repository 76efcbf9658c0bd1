namespace OrleansTasks.Nodes;

/// <summary>Names of node states.</summary>
public static class NodeStates
{
    private static readonly string[] Names = ["ready", "busy", "draining", "lost", "gone"];

    /// <summary>The lower-case name in the HTTP contract.</summary>
    public static string Name(this NodeState state) => Names[(int)state];
}
