using System.Globalization;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>Squares of a range, summed by two one-slot workers over gRPC, against a plain loop on two threads of this process.</summary>
public sealed class RangeJobs : IScenario
{
    private const long Million = 1_000_000;
    private const long Billion = 1_000_000_000;
    private const int Warmings = 10;
    private const int MillionsARun = 15;

    /// <inheritdoc/>
    public string Name => "jobs";

    /// <inheritdoc/>
    public string Summary => "squares of a range summed by two one-slot workers over gRPC; reference: a loop on two threads over UInt128";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var fleet = await JobFleet.Start();
        TwoThreads.Warm(SumOfSquares);
        var first = await Squares(fleet, Million);
        for (var warm = 0; warm < Warmings; warm++)
            await Squares(fleet, Million);
        var (million, billion, loop) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var times = new double[MillionsARun];
            for (var i = 0; i < times.Length; i++)
                times[i] = 1000 * await Squares(fleet, Million);
            million[run] = Statistics.Median(times);
            var (sum, seconds) = TwoThreads.Sum(Billion, SumOfSquares);
            JobFleet.Check(sum.ToString(CultureInfo.InvariantCulture), Expected(Billion));
            loop[run] = Billion / seconds;
            billion[run] = Billion / await Squares(fleet, Billion);
        }

        return
        [
            new Figure($"a million squares, the middle of {MillionsARun} jobs", "ms", million, [], null, 3, AtLeast: false),
            new Figure("a million squares, the first job of all", "ms", [1000 * first], [], null, 50, AtLeast: false),
            new Figure("a billion squares summed", "items/s", billion, loop, "two threads", 0.5, AtLeast: true),
        ];
    }

    private static Task<double> Squares(JobFleet fleet, long items) => fleet.Timed(
        $$"""
        {"source": {"range": {"from": 0, "to": {{items}} } }, "process": {"builtin": "square"}, "aggregate": [{"as": "total", "op": "sum"}]}
        """,
        Expected(items));

    private static string Expected(long n) =>
        ((UInt128)(n - 1) * (UInt128)n * (UInt128)((2 * n) - 1) / 6).ToString(CultureInfo.InvariantCulture);

    private static UInt128 SumOfSquares(long from, long to)
    {
        UInt128 sum = 0;
        for (var item = (ulong)from; item < (ulong)to; item++)
            sum += (UInt128)item * item;
        return sum;
    }
}
