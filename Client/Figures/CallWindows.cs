using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Keeps the silos' counts of the last five minutes, one reading every five seconds, to compute what happened since one
/// of them. A silo's counts start from 0 when it starts. Not thread-safe.
/// </summary>
internal sealed class CallWindows
{
    // Readings, one per second.
    private const int MostPauses = 300;
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5) + Spacing;

    private readonly LinkedList<(long At, ImmutableArray<SiloFigures> Silos)> kept = new();
    private readonly Dictionary<(string Silo, long Since), Queue<double>> pauses = [];
    private (long At, ImmutableArray<SiloFigures> Silos) last = (0, []);
    private long frequency = 1;

    /// <summary>The silos at the last reading.</summary>
    public ImmutableArray<SiloNow> Silos { get; private set; } = [];

    /// <summary>Adds a reading.</summary>
    public void Add(long at, long ticksPerSecond, ImmutableArray<SiloFigures> silos)
    {
        frequency = ticksPerSecond;
        var seconds = Seconds(last.At, at);
        var before = last.Silos.ToDictionary(Key);
        foreach (var gone in pauses.Keys.Where(key => !silos.Any(silo => Key(silo) == key)).ToArray())
            pauses.Remove(gone);
        Silos = [.. silos.OrderBy(static silo => silo.Silo, StringComparer.Ordinal)
            .Select(silo => Now(silo, before.GetValueOrDefault(Key(silo)), seconds))];
        last = (at, silos);
        if (kept.Last is { } newest && Seconds(newest.Value.At, at) < Spacing.TotalSeconds)
            return;
        kept.AddLast((at, [.. silos.Select(static silo => silo with { Queues = [], Commits = [] })]));
        while (Seconds(kept.First!.Value.At, at) > Longest.TotalSeconds)
            kept.RemoveFirst();
    }

    /// <summary>
    /// Returns the calls in about the last <paramref name="window"/>: since the newest kept reading of at least that
    /// age, or since the oldest one.
    /// </summary>
    public CallWindow Over(TimeSpan window)
    {
        var from = kept.First;
        for (var node = kept.Last; node is not null; node = node.Previous)
        {
            from = node;
            if (Seconds(node.Value.At, last.At) >= window.TotalSeconds)
                break;
        }

        if (from is null || from.Value.At == last.At)
            return new CallWindow(0, []);
        var before = from.Value.Silos.ToDictionary(Key);
        return new CallWindow(Seconds(from.Value.At, last.At),
        [
            .. last.Silos.SelectMany(silo => Between(before.GetValueOrDefault(Key(silo)), silo))
                .GroupBy(static call => (call.Grain, call.Method))
                .Select(static method => method.Aggregate(static (one, other) => one.And(other))),
        ]);
    }

    private static (string Silo, long Since) Key(SiloFigures silo) => (silo.Silo, silo.Since);

    private static IEnumerable<CallFigure> Between(SiloFigures? before, SiloFigures now)
    {
        var known = (before?.Calls ?? []).ToDictionary(static call => (call.Grain, call.Method));
        foreach (var call in now.Calls)
        {
            if (!known.TryGetValue((call.Grain, call.Method), out var was))
                yield return call;
            else if (call.Calls > was.Calls)
                yield return Less(call, was);
        }
    }

    private static CallFigure Less(CallFigure now, CallFigure was)
    {
        ImmutableArray<long> durations = [.. now.Durations.Zip(was.Durations, static (one, other) => one - other)];
        // The longest call since the silo's start may be older than the window, so take the bound of the top bucket.
        var bound = DurationBuckets.Quantile(durations, 1, now.Longest);
        return now with
        {
            Calls = now.Calls - was.Calls, Failures = now.Failures - was.Failures, Total = now.Total - was.Total,
                Longest = bound, Durations = durations,
        };
    }

    private SiloNow Now(SiloFigures silo, SiloFigures? before, double seconds)
    {
        if (before is null || seconds <= 0)
            return new SiloNow(silo, null, null);
        if (!pauses.TryGetValue(Key(silo), out var known))
            pauses[Key(silo)] = known = new Queue<double>();
        known.Enqueue((silo.GcPauses - before.GcPauses) / seconds / 1_000d);
        if (known.Count > MostPauses)
            known.Dequeue();
        var sorted = known.Order().ToArray();
        return new SiloNow(silo, (silo.ProcessorTime - before.ProcessorTime) / seconds / 1_000_000d,
            sorted[(int)Math.Ceiling(sorted.Length * 0.99) - 1]);
    }

    private double Seconds(long from, long to) => (to - from) / (double)frequency;
}
