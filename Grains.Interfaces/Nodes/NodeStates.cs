using OrleansTasks.Contract;

namespace OrleansTasks.Nodes;

/// <summary>The names of node states in the HTTP contract.</summary>
public static class NodeStates
{
    private static readonly string[] Names = EnumNames.Of<NodeState>();

    /// <summary>Returns the lower-case name.</summary>
    public static string Name(this NodeState state) => Names[(int)state];
}
