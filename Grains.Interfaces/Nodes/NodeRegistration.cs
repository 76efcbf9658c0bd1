using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A worker's description of itself, with which it opens a session. Numbers that it does not know are 0.
/// </summary>
/// <param name="Instance">
/// The identity of the worker's data folder. While the node's name is leased, another instance is refused.
/// </param>
/// <param name="Slots">How many tasks it runs at once.</param>
/// <param name="Labels">Its labels, by which tasks choose nodes.</param>
/// <param name="Enforces">The limits that it can enforce, and what else it can do.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="Address">The address from which it called.</param>
/// <param name="TreesDead">Whether a supervisor confirmed that no process of earlier sessions is alive.</param>
/// <param name="Running">
/// The attempts that it has: received, running, or ended with a result that is not stored.
/// </param>
/// <param name="RunSessions">Earlier sessions of this run of the worker.</param>
/// <param name="DeadSessions">Sessions of which no process is alive.</param>
/// <param name="SentAt">When it sent this, in Unix milliseconds by its own clock.</param>
/// <param name="StartsAhead">How many commands it holds beyond its slots; for chunks, 32 times that.</param>
/// <param name="Load">The one-minute load of its machine.</param>
/// <param name="MemoryBytes">The available memory of its machine.</param>
/// <param name="EvaluatesChunks">Whether it runs chunks of data jobs.</param>
/// <param name="StartedAt">When its process started, in Unix milliseconds by its own clock.</param>
/// <param name="MemoryTotalBytes">The memory of its machine.</param>
/// <param name="DiskFreeBytes">The free space where it keeps its data.</param>
/// <remarks>See also <see cref="SessionStart"/> and <see cref="NodeStatus"/>.</remarks>
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
    [property: Id(17)] long DiskFreeBytes = 0)
{
    /// <summary>What the worker offers besides slots; null: nothing, or an older silo.</summary>
    [Id(18)] public ResourceVector? Resources { get; init; }

    /// <summary>The resources of the attempts in <see cref="Running"/> that have some.</summary>
    [Id(19)] public ImmutableArray<HeldResources>? Held { get; init; }

    /// <summary>The GPUs of the machine, and which attempts have them.</summary>
    [Id(20)] public ImmutableArray<GpuUse>? Gpus { get; init; }

    /// <summary>Whether the worker lists folders for schedules.</summary>
    [Id(21)] public bool ListsFolders { get; init; }

    /// <summary>Returns the resources of an attempt that the worker has.</summary>
    public ResourceVector ResourcesOf(LeaseRef lease)
    {
        foreach (var held in Held ?? [])
        {
            if (held.Token == lease.Token)
                return held.Resources;
        }

        return ResourceVector.None;
    }
}

/// <summary>The resources of an attempt that a worker has.</summary>
[GenerateSerializer, Immutable, Alias("ot.HeldResources")]
public readonly record struct HeldResources([property: Id(0)] LeaseToken Token, [property: Id(1)] ResourceVector Resources);

/// <summary>A GPU by its index on the machine, and the task that has it; null if none has.</summary>
[GenerateSerializer, Immutable, Alias("ot.GpuUse")]
public readonly record struct GpuUse([property: Id(0)] int Index, [property: Id(1)] TaskId? Task);
