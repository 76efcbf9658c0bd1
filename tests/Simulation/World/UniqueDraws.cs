using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>Draws unique keys for some tasks, from a generator of its own.</summary>
internal sealed class UniqueDraws(int seed)
{
    /// <summary>The longest debounce and debounceMax, in milliseconds.</summary>
    public const int LongestDebounce = 5_000;
    public const int LongestMax = 20_000;

    private readonly SimRandom chance = new(seed, "unique keys");

    /// <summary>Null for most tasks. Debounced tasks have keys of their own.</summary>
    public TaskUnique? Draw()
    {
        if (chance.Next(4) > 0)
            return null;
        var then = (UniqueThen)chance.Next(3);
        var key = $"one at a time {chance.Next(2)}";
        return chance.Next(4) == 0 && then != UniqueThen.Refuse
            ? new TaskUnique($"debounced {key}", UniqueWhile.Queued, then)
            { Debounce = chance.Next(100, LongestDebounce), DebounceMax = chance.Next(LongestDebounce, LongestMax) }
            : new TaskUnique(key, UniqueWhile.Open, then);
    }
}
