using OrleansTasks.Nodes;

namespace OrleansTasks.Events;

/// <summary>
/// A change of a node's state. Being busy is none: it comes and goes with every task, and <c>running</c> of the node tells it.
/// </summary>
/// <param name="Sequence">Its number among all nodes' events, from 1 and without a gap; 0 before it is stored.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Node">The node.</param>
/// <param name="State">What it is now; <see cref="NodeState.Ready"/> stands for busy too.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeEvent")]
public sealed record NodeEvent(
    [property: Id(0)] long Sequence,
    [property: Id(1)] long At,
    [property: Id(2)] string Node,
    [property: Id(3)] NodeState State);
