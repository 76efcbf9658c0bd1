using OrleansTasks.Jobs;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Commands to one session of a node: a dispatcher's, or the question of the node's grain about folders. They may be
/// lost, duplicated or late; heartbeats make up for it. Cancelled attempts get SIGTERM, after <c>killGrace</c> SIGKILL,
/// and report a result. Killed attempts end at once without a result.
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

/// <summary>
/// A command that starts an attempt. Spec is JSON; without spec and chunk, the silo reads it from the
/// store. <c>AsOf</c> is the <see cref="NodeStatus.SentAt"/> from which the lease counts; 0 if unknown.
/// OutOfMemoryFailures determines how far the memory limit has grown. Resources are reserved for the attempt; null for none.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.StartCommand")]
public sealed record StartCommand(
    [property: Id(0)] LeaseRef Lease,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> SecretEnv,
    [property: Id(4)] ChunkWork? Chunk = null,
    [property: Id(5)] long AsOf = 0,
    [property: Id(6)] byte OutOfMemoryFailures = 0)
{
    /// <summary>Whether the command must run in a sandbox, because of its spec or its queue.</summary>
    [Id(7)] public bool IsSandboxed { get; init; }

    /// <summary>What is reserved for the attempt besides a slot; null for nothing.</summary>
    [Id(8)] public ResourceVector? Resources { get; init; }

    /// <summary>How long the attempt runs at most, in milliseconds; 0 if unknown or if it has no resources.</summary>
    [Id(9)] public long Lasts { get; init; }
}

/// <summary>The streams of <see cref="CommandBatch"/>es from dispatchers to nodes, keyed by node id.</summary>
public static class CommandStream
{
    /// <summary>The stream provider that every engine registers.</summary>
    public const string Provider = "commands";

    /// <summary>The namespace of the streams.</summary>
    public const string Namespace = "commands";
}

/// <summary>
/// A worker's report to one queue. Once the queue has processed it, the queue assigns nothing in an earlier session of
/// the node. <c>Refused</c>: attempts that the worker gave back because it was busy. <c>Unable</c>: attempts that it
/// could not start for a reason other than the task; the node rests at once, and they go to another. Neither counts as
/// failed. Null for <c>Unable</c> means none, or an older silo.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Node,
    [property: Id(1)] long Session,
    [property: Id(2)] ImmutableArray<LeaseRef> Started,
    [property: Id(3)] ImmutableArray<AttemptResult> Results,
    [property: Id(4)] ImmutableArray<LeaseRef> Refused,
    [property: Id(5)] ImmutableArray<LeaseRef>? Unable = null);
