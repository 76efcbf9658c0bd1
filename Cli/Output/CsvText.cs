using System.Globalization;

namespace OrleansTasks.Cli.Output;

/// <summary>Rows as RFC 4180 has them, but for lines that end with a line feed alone.</summary>
internal static class CsvText
{
    /// <summary>
    /// One row. A cell that a spreadsheet would compute, because it begins with <c>=</c>, <c>+</c>, <c>-</c> or
    /// <c>@</c> and is no number, gets an apostrophe before it: tasks' names come from anybody who may submit.
    /// </summary>
    public static string Row(IEnumerable<string> cells) =>
        string.Join(',', cells.Select(static cell => Quoted(Harmless(cell))));

    private static string Harmless(string cell) =>
        cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@'
        && !double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? "'" + cell
            : cell;

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
