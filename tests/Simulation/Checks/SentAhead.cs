using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// The most leases that a worker may have at once, computed from what workers say and from nothing that the product keeps: the slots and the
/// waiting room that it registered, and whether what it reported was ever short enough to be sent ahead. It knows nothing of averages,
/// so its limit is an upper bound of the product's.
/// </summary>
internal sealed class SentAhead
{
    private const int Proof = 16;
    private const int CommandsAhead = 32;
    private const int ChunksAhead = 1_000;
    private const int ChunksForCommand = 32;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan VeryShort = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Command = TimeSpan.FromMilliseconds(2.5);
    private readonly Dictionary<string, Known> workers = new(StringComparer.Ordinal);

    /// <summary>A worker registers.</summary>
    public void Registered(string node, int slots, int startsAhead)
    {
        var known = Of(node);
        known.Slots = Math.Max(known.Slots, slots);
        known.StartsAhead = Math.Max(known.StartsAhead, startsAhead);
    }

    /// <summary>A worker reports what has ended.</summary>
    public void Reported(string node, IEnumerable<Result> results)
    {
        var known = Of(node);
        foreach (var result in results)
        {
            var time = result.Report.IsEmpty
                ? TimeSpan.FromMilliseconds(Math.Max(result.RunTimeMs, Command.TotalMilliseconds))
                : TimeSpan.FromMicroseconds(result.CpuTimeUs);
            known.Results++;
            known.Shortest = time < known.Shortest ? time : known.Shortest;
        }
    }

    /// <summary>The most leases of one session that a worker may have at once.</summary>
    public int MostLeases(string node)
    {
        var known = Of(node);
        return known.Slots + ExtraOf(known);
    }

    private static int ExtraOf(Known known)
    {
        if (known.Results < Proof || known.Shortest >= Short)
            return 0;
        if (known.Shortest >= VeryShort)
            return Math.Min(known.Slots, known.StartsAhead);
        return known.Shortest < Command
            ? Math.Min(known.Slots * ChunksAhead, ChunksForCommand * known.StartsAhead)
            : Math.Min(known.Slots * CommandsAhead, known.StartsAhead);
    }

    private Known Of(string node)
    {
        if (!workers.TryGetValue(node, out var known))
            workers.Add(node, known = new Known());
        return known;
    }

    private sealed class Known
    {
        public int Slots { get; set; }

        public int StartsAhead { get; set; }

        public int Results { get; set; }

        public TimeSpan Shortest { get; set; } = TimeSpan.MaxValue;
    }
}
