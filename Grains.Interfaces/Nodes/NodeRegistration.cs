using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>What a worker says of itself when it opens a session.</summary>
/// <param name="Instance">
/// Identifies its data folder; another instance of the same name is refused while the name is leased.
/// </param>
/// <param name="Slots">How many tasks it runs at once; at least 0.</param>
/// <param name="Labels">What <c>requires</c> is compared with, by key.</param>
/// <param name="Enforces">The limits it can enforce.</param>
/// <param name="Version">Its program's version.</param>
/// <param name="Address">Where it calls from, for people.</param>
/// <param name="TreesDead">
/// Whether nothing of an earlier session's processes can be alive (a supervisor confirmed it).
/// </param>
/// <param name="Running">The attempts it still runs or has results of.</param>
/// <param name="RunSessions">As in <see cref="SessionStart"/>; empty when the worker does not say.</param>
/// <param name="DeadSessions">As in <see cref="SessionStart"/>.</param>
/// <param name="SentAt">As in <see cref="NodeStatus"/>.</param>
/// <param name="StartsAhead">
/// How many commands beyond its slots it holds until a slot is free; of chunks, 32 times as many. At least 0.
/// </param>
/// <param name="Load">As in <see cref="NodeStatus"/>.</param>
/// <param name="MemoryBytes">As in <see cref="NodeStatus"/>.</param>
/// <param name="EvaluatesChunks">Whether it can be sent chunks of data jobs.</param>
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
    [property: Id(14)] bool EvaluatesChunks = false);
