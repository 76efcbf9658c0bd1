using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Floods;

/// <summary>What a neighbour notices while one caller floods a service, each flood at a fresh one, and what memory the flood takes.</summary>
public sealed class FloodScenario : IScenario
{
    private const double MB = 1e6;
    private const double MostMs = 250;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public string Name => "floods";

    /// <inheritdoc/>
    public string Summary =>
        "a neighbour's calls, one every 20 ms, beside floods (OTASK_BENCH_FLOOD=NAME,NAME chooses): "
        + string.Join(", ", KnownFloods.All.Select(static flood => flood.Name));

    /// <summary>The floods that the environment chooses; all when it does not.</summary>
    internal static IReadOnlyList<Flood> Chosen()
    {
        if (Environment.GetEnvironmentVariable("OTASK_BENCH_FLOOD") is not { Length: > 0 } names)
            return KnownFloods.All;
        return
        [
            .. names.Split(',').Select(static name => KnownFloods.All.FirstOrDefault(flood => flood.Name == name)
                ?? throw new ArgumentException($"OTASK_BENCH_FLOOD: there is no flood '{name}'.")),
        ];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var figures = new List<Figure>();
        foreach (var flood in Chosen())
        {
            Console.WriteLine($"  {flood.Name}: {flood.Summary}");
            var results = new List<Result>();
            for (var run = 0; run < runs; run++)
                results.Add(await Measure(flood));
            figures.AddRange(FiguresOf(flood.Name, results));
        }

        return figures;
    }

    private static async Task<Result> Measure(Flood flood)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        using var flooder = new Flooder(service);
        await flood.Prepare(flooder);
        await using var neighbour = new Neighbour(service);
        await Task.Delay(WarmUp, TimeProvider.System);
        neighbour.Forget();
        await Task.Delay(Least, TimeProvider.System);
        var (calmPost, calmGet) = (P99(neighbour.Posts), P99(neighbour.Gets));
        var before = Held(service);
        var lines = service.LogLines;
        ProcessCost.ForgetPeak(service.ServiceId);
        neighbour.Forget();
        // A flood that is over soon is watched for a while: it may have left work behind.
        await Task.WhenAll(flood.Send(flooder), Task.Delay(Least, TimeProvider.System));
        await neighbour.Stop();
        lines = service.LogLines - lines;
        var peak = ProcessCost.PeakBytes(service.ServiceId) / MB;
        await Task.Delay(Settle, TimeProvider.System);
        return new Result(
            calmPost, calmGet, P99(neighbour.Posts), P99(neighbour.Gets), neighbour.Posts.Max(), neighbour.Gets.Max(),
            neighbour.Failures, before, peak, Held(service), lines, flooder.Answers);
    }

    private static IEnumerable<Figure> FiguresOf(string flood, List<Result> results)
    {
        Figure Of(string name, string unit, Func<Result, double> value, double? target = null) =>
            new($"{flood}: {name}", unit, [.. results.Select(value)], [], null, target, AtLeast: false);

        yield return Of("POST before, p99", "ms", static result => result.CalmPost);
        yield return Of("GET before, p99", "ms", static result => result.CalmGet);
        yield return Of("POST, p99", "ms", static result => result.Post, MostMs);
        yield return Of("GET, p99", "ms", static result => result.Get, MostMs);
        yield return Of("POST, longest", "ms", static result => result.LongestPost);
        yield return Of("GET, longest", "ms", static result => result.LongestGet);
        yield return Of("the neighbour's calls that failed", "calls", static result => result.Failures.Total, 0);
        yield return Of("memory before (Pss)", "MB", static result => result.Before);
        yield return Of("the service's peak (resident)", "MB", static result => result.Peak);
        yield return Of("memory 15 s after (Pss)", "MB", static result => result.After);
        yield return Of("lines in the log", "lines", static result => result.LogLines);
        foreach (var (answer, counts) in CountsOf(results, static result => result.Answers))
            yield return new Figure($"{flood}: answered {answer}", "answers", counts, [], null, null, AtLeast: false);
        foreach (var (answer, counts) in CountsOf(results, static result => result.Failures))
            yield return new Figure($"{flood}: the neighbour got {answer}", "answers", counts, [], null, null, AtLeast: false);
    }

    private static IEnumerable<(string Answer, double[] Counts)> CountsOf(List<Result> results, Func<Result, AnswerCounts> of) =>
        results.SelectMany(result => of(result).All.Select(static one => one.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(answer => (answer, results.Select(result =>
                (double)of(result).All.FirstOrDefault(one => one.Key == answer).Value).ToArray()));

    private static double P99(IEnumerable<double> values) => Statistics.Quantile([.. values], 0.99);

    private static double Held(ServiceProcess service) =>
        (ProcessCost.SharedOutBytes(service.ServiceId) + ProcessCost.SharedOutBytes(service.SupervisorId)) / MB;

    private sealed record Result(
        double CalmPost,
        double CalmGet,
        double Post,
        double Get,
        double LongestPost,
        double LongestGet,
        AnswerCounts Failures,
        double Before,
        double Peak,
        double After,
        double LogLines,
        AnswerCounts Answers);
}
