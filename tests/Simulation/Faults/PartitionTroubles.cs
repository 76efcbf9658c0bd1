using OrleansTasks.Queues;

namespace OrleansTasks.Simulation.Faults;

/// <summary>Which partitions' dispatchers nodes cannot reach now, and until when.</summary>
/// <param name="now">The time since the beginning of the run.</param>
internal sealed class PartitionTroubles(Func<TimeSpan> now)
{
    private readonly Dictionary<PartitionKey, Trouble> troubles = [];

    /// <summary>Every partition that has ever been in trouble.</summary>
    public IReadOnlyCollection<PartitionKey> All => troubles.Keys;

    /// <summary>From now on, nodes' calls to a partition are held up or refused.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="until">When the trouble ends.</param>
    /// <param name="isRefusing">Whether calls fail at once; otherwise they wait for the end.</param>
    /// <param name="felt">Called with the first call that meets the trouble.</param>
    public void Begin(PartitionKey partition, TimeSpan until, bool isRefusing, Action felt) =>
        troubles[partition] = new Trouble(until, isRefusing, felt);

    /// <summary>
    /// What a call of a node to a partition meets now: how long it waits, or that it is refused; null for nothing.
    /// </summary>
    public (TimeSpan Wait, bool IsRefused)? Meet(PartitionKey partition)
    {
        if (!troubles.TryGetValue(partition, out var trouble) || trouble.Until <= now())
            return null;
        trouble.Felt?.Invoke();
        troubles[partition] = trouble with { Felt = null };
        return (trouble.Until - now(), trouble.IsRefusing);
    }

    private sealed record Trouble(TimeSpan Until, bool IsRefusing, Action? Felt);
}
