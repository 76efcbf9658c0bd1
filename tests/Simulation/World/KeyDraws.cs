using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>Draws concurrency keys for some tasks, from a generator of its own.</summary>
internal sealed class KeyDraws(int seed)
{
    private readonly SimRandom chance = new(seed, "concurrency keys");

    /// <summary>Null for most tasks.</summary>
    public TaskConcurrency? Draw() =>
        chance.Next(4) == 0 ? new TaskConcurrency($"key {chance.Next(3)}", chance.Next(1, 4)) : null;
}
