namespace OrleansTasks.Simulation.Faults;

/// <summary>Which queues' dispatchers nodes cannot reach now, and until when.</summary>
/// <param name="now">The time since the beginning of the run.</param>
internal sealed class QueueTroubles(Func<TimeSpan> now)
{
    private readonly Dictionary<string, Trouble> troubles = [];

    /// <summary>Every queue that has ever been in trouble.</summary>
    public IReadOnlyCollection<string> All => troubles.Keys;

    /// <summary>From now on, nodes' calls to a queue are held up or refused.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="until">When the trouble ends.</param>
    /// <param name="isRefusing">Whether calls fail at once; otherwise they wait for the end.</param>
    /// <param name="felt">Called with the first call that meets the trouble.</param>
    public void Begin(string queue, TimeSpan until, bool isRefusing, Action felt) =>
        troubles[queue] = new Trouble(until, isRefusing, felt);

    /// <summary>
    /// What a call of a node to a queue meets now: how long it waits, or that it is refused; null for nothing.
    /// </summary>
    public (TimeSpan Wait, bool IsRefused)? Meet(string queue)
    {
        if (!troubles.TryGetValue(queue, out var trouble) || trouble.Until <= now())
            return null;
        trouble.Felt?.Invoke();
        troubles[queue] = trouble with { Felt = null };
        return (trouble.Until - now(), trouble.IsRefusing);
    }

    private sealed record Trouble(TimeSpan Until, bool IsRefusing, Action? Felt);
}
