using OrleansTasks.Nodes;

namespace OrleansTasks.Events;

/// <summary>
/// A change of a node's state. Becoming busy or free is not an event, because it happens with every task.
/// </summary>
/// <param name="Sequence">The event's number among all node events, from 1 without gaps; 0 until it is stored.</param>
/// <param name="At">The time in Unix milliseconds.</param>
/// <param name="Node">The node's id.</param>
/// <param name="State">The node's new state; <see cref="NodeState.Ready"/> includes busy.</param>
[GenerateSerializer, Immutable, Alias("ot.NodeEvent")]
public sealed record NodeEvent(
    [property: Id(0)] long Sequence,
    [property: Id(1)] long At,
    [property: Id(2)] string Node,
    [property: Id(3)] NodeState State);
