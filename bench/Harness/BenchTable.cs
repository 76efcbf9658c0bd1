using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Bench.Harness;

/// <summary>Shows saved figures as a table of Markdown.</summary>
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
        string? Text(string name) => figure.GetProperty(name).GetString();
        string Of(string name) => BenchReport.Number(figure.GetProperty(name).GetDouble());
        var reference = figure.GetProperty("reference").EnumerateArray().Select(static value => value.GetDouble()).ToArray();
        var isRatio = reference.Length > 0;
        var against = isRatio
            ? string.Create(CultureInfo.InvariantCulture, $"{figure.GetProperty("ratio").GetDouble():0.00} × ")
                + $"{Text("referenceName")} ({BenchReport.Number(Statistics.Median(reference))})"
            : "";
        var target = figure.GetProperty("target") is { ValueKind: JsonValueKind.Number } bound
            ? $"{(figure.GetProperty("atLeast").GetBoolean() ? "≥" : "≤")} "
                + bound.GetDouble().ToString(CultureInfo.InvariantCulture) + (isRatio ? " ×" : "")
            : "";
        var verdict = figure.GetProperty("met").ValueKind switch
        {
            JsonValueKind.True => "met",
            JsonValueKind.False => "**missed**",
            _ => "",
        };
        return $"| `{Text("scenario")}` | {Text("name")} | {Of("median")} {Text("unit")} | {Of("min")}–{Of("max")} | {against} | "
            + $"{target} | {verdict} |";
    }
}
