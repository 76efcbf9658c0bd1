using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A worker's description of itself. While its name is leased, another <c>Instance</c> (data folder) is refused.
/// <c>TreesDead</c>: a supervisor confirmed that no process of earlier sessions is alive. <c>Running</c> includes
/// attempts that have results. <c>StartsAhead</c>: the number of commands that the worker can hold beyond its slots;
/// for chunks, 32 times that. <c>StartedAt</c>: when its process started, in Unix milliseconds by its own clock. Numbers
/// that it does not know are 0. See also <see cref="SessionStart"/> and <see cref="NodeStatus"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.NodeRegistration")]
public sealed record NodeRegistration(
    [property: Id(0)] string Instance,
    [property: Id(1)] int Slots,
    [property: Id(2)] ImmutableArray<Label> Labels,
    [property: Id(3)] Limits Enforces,
    [property: Id(4)] string Version,
    [property: Id(5)] string Address,
    [property: Id(6)] bool TreesDead,
    [property: Id(7)] ImmutableArray<LeaseRef> Running,
    [property: Id(8)] ImmutableArray<long> RunSessions,
    [property: Id(9)] ImmutableArray<long> DeadSessions,
    [property: Id(10)] long SentAt = 0,
    [property: Id(11)] int StartsAhead = 0,
    [property: Id(12)] double Load = 0,
    [property: Id(13)] long MemoryBytes = 0,
    [property: Id(14)] bool EvaluatesChunks = false,
    [property: Id(15)] long StartedAt = 0,
    [property: Id(16)] long MemoryTotalBytes = 0,
    [property: Id(17)] long DiskFreeBytes = 0);
