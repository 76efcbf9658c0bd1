using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// Many tasks of one queue become due at one instant. Around that instant tasks of another queue are submitted. The
/// herd requires a label that no worker carries. It therefore takes no slot, and the scenario measures the silo's work
/// alone.
/// </summary>
public sealed class Herd : IScenario
{
    private static readonly int Tasks = Parameter.Of("OTASK_BENCH_HERD", 1_000_000);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);

    // Even 10,000 accepted tasks a second, which is slow, leave time before the herd is due.
    private static readonly TimeSpan Submission = TimeSpan.FromSeconds(15 + (Tasks / 10_000));

    /// <inheritdoc/>
    public string Name => "herd";

    /// <inheritdoc/>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Tasks} tasks of one queue become due at once (OTASK_BENCH_HERD=n): delay of another queue's tasks");

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (calm50, calm99) = (new double[runs], new double[runs]);
        var (p50, p99, most, lapsed) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            await using var service = await ServiceProcess.Start(slots: 3);
            await IdleLatency.Measure(service, 500);
            var held = await Batches.SubmitOne(
                service.Http, new JsonObject { ["cmd"] = "sleep 600", ["queue"] = "held" });
            var due = TimeProvider.System.GetUtcNow() + Submission;
            await Batches.Submit(service.Http, Member(due), Tasks);
            if (TimeProvider.System.GetUtcNow() > due - Before)
                throw new InvalidOperationException("The herd became due while it was submitted; submit fewer.");
            var now = TimeProvider.System.GetUtcNow();
            var calm = await Bystanders.Observe(service, now, now + Before);
            var seen = await Bystanders.Observe(service, due - TimeSpan.FromSeconds(1), due + After);
            (calm50[run], calm99[run]) = Quantiles(calm.Delays);
            (p50[run], p99[run]) = Quantiles(seen.Delays);
            most[run] = seen.Delays.Max();
            lapsed[run] = seen.Repeated + (await Bystanders.Read(service, held))["attempt"]!.GetValue<int>() - 1;
        }

        return
        [
            new Figure("another queue's task before, p50", "ms", calm50, [], null, null, AtLeast: false),
            new Figure("another queue's task before, p99", "ms", calm99, [], null, null, AtLeast: false),
            new Figure("another queue's task at the herd, p50", "ms", p50, [], null, null, AtLeast: false),
            new Figure("another queue's task at the herd, p99", "ms", p99, [], null, null, AtLeast: false),
            new Figure("another queue's task at the herd, longest", "ms", most, [], null, 100, AtLeast: false),
            new Figure("leases that lapsed", "leases", lapsed, [], null, 0, AtLeast: false),
        ];
    }

    private static JsonObject Member(DateTimeOffset due) => new()
    {
        ["cmd"] = "true",
        ["queue"] = "herd",
        ["requires"] = Batches.Nowhere,
        ["runAt"] = due.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
    };

    private static (double Median, double P99) Quantiles(double[] delays) =>
        (Statistics.Quantile(delays, 0.5), Statistics.Quantile(delays, 0.99));
}
