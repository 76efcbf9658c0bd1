using System.Globalization;

namespace OrleansTasks.Cli.Output;

/// <summary>Formats rows as in RFC 4180, but with lines that end with a line feed only.</summary>
internal static class CsvText
{
    /// <summary>
    /// Returns one row. A cell that a spreadsheet might evaluate, because it begins with <c>=</c>, <c>+</c>, <c>-</c>
    /// or <c>@</c> and is not a number, gets a leading apostrophe: task names come from anyone who may submit.
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
