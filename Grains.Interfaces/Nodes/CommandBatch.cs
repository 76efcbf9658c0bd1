using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a dispatcher tells a node after a commit; an item of the stream <c>commands/{nodeId}</c>. It can be lost, doubled or
/// late: every heartbeat compares what the node should hold with what it holds.
/// </summary>
/// <param name="Session">The node session it is meant for; a node in another session ignores it.</param>
/// <param name="Start">Attempts to start.</param>
/// <param name="Cancel">Attempts to end with SIGTERM and, after their <c>killGrace</c>, SIGKILL; each reports a result.</param>
/// <param name="Kill">Attempts to end at once, with no result expected.</param>
[GenerateSerializer, Immutable, Alias("ot.CommandBatch")]
public sealed record CommandBatch(
    [property: Id(0)] long Session,
    [property: Id(1)] ImmutableArray<StartCommand> Start,
    [property: Id(2)] ImmutableArray<LeaseRef> Cancel,
    [property: Id(3)] ImmutableArray<LeaseRef> Kill);
