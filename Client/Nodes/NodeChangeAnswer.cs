using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;

namespace OrleansTasks.Client.Nodes;

/// <summary>A change of a node's state, as the HTTP contract shows it.</summary>
[Schema("NodeChange", List = "NodeHistory"), Description("A change of a node's state.")]
internal sealed record NodeChangeAnswer(
    [property: Description("When the state changed.")]
    Timestamp At,
    [property: Description("The new state. ready includes busy."), AllowedValues("ready", "draining", "lost", "gone")]
    NodeState State)
{
    /// <summary>The example of the contract.</summary>
    public static NodeChangeAnswer Example => new(Examples.Time, NodeState.Lost);
}
