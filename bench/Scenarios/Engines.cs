using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>Both engines side by side, run by run, each in processes of its own.</summary>
public sealed class Engines : IScenario
{
    private const string Embedded = "Embedded";
    private const string Orleans = "Orleans";

    /// <inheritdoc/>
    public string Name => "engines";

    /// <inheritdoc/>
    public string Summary => "grain calls, the commit path and stream delivery on the builds there are, Embedded beside Orleans";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (embedded, orleans) = (EngineBuilds.ProgramOf(Embedded), EngineBuilds.ProgramOf(Orleans));
        if (embedded is null || orleans is null)
            Console.WriteLine($"  only one engine is built; for both: ENGINE={(embedded is null ? Embedded : Orleans)} make build");
        var (first, second) = (new List<Dictionary<string, double>>(), new List<Dictionary<string, double>>());
        for (var run = 0; run < runs; run++)
        {
            if (embedded is not null)
                first.Add(await EngineBuilds.Measure(embedded));
            if (orleans is not null)
                second.Add(await EngineBuilds.Measure(orleans));
        }

        return [.. EngineMeasurement.Figures.Select(figure => Beside(figure, first, second))];
    }

    private static Figure Beside(
        EngineFigure figure, List<Dictionary<string, double>> embedded, List<Dictionary<string, double>> orleans)
    {
        double[] Of(List<Dictionary<string, double>> runs) => [.. runs.Select(run => run[figure.Name])];
        return embedded.Count > 0 && orleans.Count > 0
            ? new Figure(figure.Name, figure.Unit, Of(embedded), Of(orleans), Orleans, figure.Judged ? 1 : null, figure.MoreIsBetter)
            : new Figure(figure.Name, figure.Unit, Of(embedded.Count > 0 ? embedded : orleans), [], null, null, figure.MoreIsBetter);
    }
}
