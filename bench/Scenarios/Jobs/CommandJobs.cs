using System.Globalization;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Jobs;

/// <summary>Programs that are kept and answer a line to each line, against the same programs in plain pipes.</summary>
public sealed class CommandJobs : IScenario
{
    /// <summary>What each does to a line: the first asks the system for every byte, the second hardly does anything.</summary>
    private static readonly (string Program, int Items, Func<long, long> Answer)[] Programs =
    [
        ("sed -u s/^/-/", 1_000_000, static item => -item),
        ("grep --line-buffered ''", 4_000_000, static item => item),
    ];

    /// <inheritdoc/>
    public string Name => "jobs-command";

    /// <inheritdoc/>
    public string Summary => "lines through kept commands of two one-slot workers over gRPC; reference: the same two programs in plain pipes";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var fleet = await JobFleet.Start();
        var figures = new List<Figure>();
        foreach (var (program, items, answer) in Programs)
        {
            using var pipes = new PlainPipes(items);
            await Answers(fleet, program, answer, items / 4);
            var (ours, plain, share) = (new double[runs], new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
            {
                var before = pipes.Run(program);
                var cost = fleet.WorkerSeconds + fleet.ServiceSeconds;
                ours[run] = items / await Answers(fleet, program, answer, items);
                share[run] = 1e6 * (fleet.WorkerSeconds + fleet.ServiceSeconds - cost) / items;
                plain[run] = items / ((before + pipes.Run(program)) / 2);
            }

            figures.Add(new Figure($"lines through {program}", "lines/s", ours, plain, "two pipes", 0.8, AtLeast: true));
            figures.Add(new Figure("  our processor time, a line", "us", share, [], null, null, AtLeast: false));
        }

        return figures;
    }

    private static Task<double> Answers(JobFleet fleet, string program, Func<long, long> answer, int items)
    {
        var expected = 0L;
        for (var item = 0; item < items; item++)
            expected += answer(item);
        return fleet.Timed(
            $$"""
            {"source": {"range": {"from": 0, "to": {{items}} } }, "process": {"command": {"cmd": {{JsonSerializer.Serialize("exec " + program)}} } },
             "aggregate": [{"as": "total", "op": "sum"}]}
            """,
            expected.ToString(CultureInfo.InvariantCulture));
    }
}
