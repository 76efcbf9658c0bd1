using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A dispatcher's commands to one session of a node. They may be lost, duplicated or late; heartbeats make up for it.
/// Cancelled attempts get SIGTERM, after <c>killGrace</c> SIGKILL, and report a result. Killed attempts end at once
/// without a result.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.CommandBatch")]
public sealed record CommandBatch(
    [property: Id(0)] long Session,
    [property: Id(1)] ImmutableArray<StartCommand> Start,
    [property: Id(2)] ImmutableArray<LeaseRef> Cancel,
    [property: Id(3)] ImmutableArray<LeaseRef> Kill)
{
    /// <summary>The folders to list. Only the node's grain asks, and asks no worker that does not list folders.</summary>
    [Id(4)] public ImmutableArray<FolderQuestion>? Folders { get; init; }
}
