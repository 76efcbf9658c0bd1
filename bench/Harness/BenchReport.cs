using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Bench.Harness;

/// <summary>Prints figures as they come and saves them as JSON.</summary>
public sealed class BenchReport(Machine machine, int runs)
{
    private readonly List<object> saved = [];

    /// <summary>Whether a target was missed.</summary>
    public bool HasMisses { get; private set; }

    /// <summary>Prints a figure and keeps it.</summary>
    public void Add(string scenario, Figure figure)
    {
        HasMisses |= !figure.IsMet;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"  {figure.Name,-44} {Number(figure.Median),10} {figure.Unit,-10} [{Number(figure.Values.Min())}–{Number(figure.Values.Max())}]");
        if (figure.Reference.Length > 0)
            text += string.Create(
                CultureInfo.InvariantCulture, $"  {figure.Ratio:0.00} × {figure.ReferenceName} ({Number(Statistics.Median(figure.Reference))})");
        if (figure.Target is { } target)
            text += string.Create(
                CultureInfo.InvariantCulture,
                $"  target {(figure.AtLeast ? "≥" : "≤")} {Number(target)}: {(figure.IsMet ? "met" : "MISSED")}");
        Console.WriteLine(text);
        saved.Add(new
        {
            scenario,
            figure.Name,
            figure.Unit,
            figure.Median,
            Min = figure.Values.Min(),
            Max = figure.Values.Max(),
            figure.Values,
            figure.ReferenceName,
            figure.Reference,
            Ratio = figure.Reference.Length > 0 ? figure.Ratio : (double?)null,
            figure.Target,
            figure.AtLeast,
            Met = figure.Target is null ? (bool?)null : figure.IsMet,
        });
    }

    /// <summary>Writes everything to a file.</summary>
    public void Save(string path)
    {
        var options = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        File.WriteAllText(path, JsonSerializer.Serialize(new { machine, runs, figures = saved }, options) + "\n");
        Console.WriteLine($"saved to {path}");
    }

    /// <summary>Returns a figure as people read it.</summary>
    internal static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("#,##0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
