namespace OrleansTasks.Nodes;

/// <summary>The names of the node states in the HTTP contract.</summary>
public static class NodeStates
{
    private static readonly string[] Names = ["ready", "busy", "draining", "lost", "gone"];

    /// <summary>The lower-case name that the HTTP contract uses.</summary>
    public static string Name(this NodeState state) => Names[(int)state];
}
