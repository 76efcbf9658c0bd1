using System.Globalization;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// One caller, one task at a time, very many of them on an idle service: how many answers came late, and how late the last one came. A
/// lost wake-up shows as an answer after 5 s, when the gateway looks by itself. A second figure counts the late answers that remain
/// when the time in which the machine itself stood still (<see cref="StallWatch"/>) is taken off.
/// </summary>
public sealed class Sequential : IScenario
{
    private const int WarmUp = 300;
    private const double Late = 100;

    /// <summary>How many tasks.</summary>
    public int Count { get; set; } = 5_000;

    /// <inheritdoc/>
    public string Name => "sequential";

    /// <inheritdoc/>
    public string Summary =>
        $"{Count.ToString("N0", CultureInfo.InvariantCulture)} x /bin/true one by one over HTTP, whatever --runs says; --count N for another number";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        await IdleLatency.Measure(service, WarmUp);
        using var watch = new StallWatch();
        var spans = await IdleLatency.Measure(service, Count);
        var times = TaskSpan.Milliseconds(spans);
        var own = spans.Count(span => span.Length - watch.Stalled(span.From, span.To) > Late);
        return
        [
            new Figure("submit to result, p50", "ms", [Statistics.Quantile(times, 0.5)], [], null, null, AtLeast: false),
            new Figure("submit to result, p99.9", "ms", [Statistics.Quantile(times, 0.999)], [], null, null, AtLeast: false),
            new Figure("over 100 ms", "tasks", [times.Count(static time => time > Late)], [], null, 0, AtLeast: false),
            new Figure("over 100 ms, less the machine's stalls", "tasks", [own], [], null, null, AtLeast: false),
            new Figure("the machine stood still, longest", "ms", [watch.Longest()], [], null, null, AtLeast: false),
            new Figure("submit to result, longest", "ms", [times.Max()], [], null, 4_000, AtLeast: false),
        ];
    }
}
