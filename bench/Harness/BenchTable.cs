using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Bench.Harness;

/// <summary>Shows saved figures as a table of Markdown, as docs/benchmarks.md has it.</summary>
public static class BenchTable
{
    /// <summary>Returns the table of one or more files that <see cref="BenchReport.Save"/> has written.</summary>
    public static string Of(IEnumerable<string> paths)
    {
        var lines = new List<string>
        {
            "| scenario | figure | median | spread | against its reference | target | |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        };
        foreach (var path in paths)
        {
            using var saved = JsonDocument.Parse(File.ReadAllBytes(path));
            lines.AddRange(saved.RootElement.GetProperty("figures").EnumerateArray().Select(Row));
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Row(JsonElement figure)
    {
        var unit = figure.GetProperty("unit").GetString();
        var reference = figure.GetProperty("reference").EnumerateArray().Select(static value => value.GetDouble()).ToArray();
        var isRatio = reference.Length > 0;
        var against = isRatio
            ? string.Create(CultureInfo.InvariantCulture, $"{figure.GetProperty("ratio").GetDouble():0.00} × {figure.GetProperty("referenceName").GetString()} ")
                + $"({Number(Statistics.Median(reference))})"
            : "";
        var target = figure.GetProperty("target") is { ValueKind: JsonValueKind.Number } bound
            ? $"{(figure.GetProperty("atLeast").GetBoolean() ? "≥" : "≤")} {bound.GetDouble().ToString(CultureInfo.InvariantCulture)}{(isRatio ? " ×" : "")}"
            : "";
        var verdict = figure.GetProperty("met") switch
        {
            { ValueKind: JsonValueKind.True } => "met",
            { ValueKind: JsonValueKind.False } => "**missed**",
            _ => "",
        };
        return $"| `{figure.GetProperty("scenario").GetString()}` | {figure.GetProperty("name").GetString()} | {Number(figure.GetProperty("median").GetDouble())} {unit} | "
            + $"{Number(figure.GetProperty("min").GetDouble())}–{Number(figure.GetProperty("max").GetDouble())} | {against} | {target} | {verdict} |";
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("#,##0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00#", CultureInfo.InvariantCulture),
    };
}
