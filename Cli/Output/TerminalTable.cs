using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// Lays out a table for a terminal. Times become ages. If the table is too wide, ids are shortened to a prefix that is
/// unique in their column (every command accepts such a prefix), and then the widest columns are cut.
/// </summary>
internal static partial class TerminalTable
{
    private const int Gap = 2, ShortestCell = 6, ShortestId = 13;

    // These columns contain text that users chose, so times in them stay as they are.
    private static readonly string[] FreeText = ["NAME", "COMMAND", "SAMPLE", "DETAIL", "REASON", "VALUE", "MESSAGE"];

    /// <summary>Returns the table's lines.</summary>
    /// <param name="rows">The rows, including the headings as the first one.</param>
    /// <param name="width">The terminal's width in characters.</param>
    /// <param name="hasColours">Whether to colour states.</param>
    /// <param name="now">The time from which ages are counted.</param>
    public static IEnumerable<string> Lines(
        IReadOnlyList<IReadOnlyList<string>> rows, int width, bool hasColours, DateTimeOffset now)
    {
        var headings = rows[0];
        var columns = headings.Select((heading, at) => rows.Skip(1).Select(row => FreeText.Contains(heading) ? row[at] : Aged(row[at], now))
            .Prepend(heading).ToArray()).ToArray();
        var widths = columns.Select(static column => column.Max(static cell => cell.Length)).ToArray();
        for (var at = 0; at < columns.Length && Total(widths) > width; at++)
        {
            if (IsIds(columns[at]))
                widths[at] = Shorten(columns[at]);
        }

        while (Total(widths) > width && Widest(columns, widths) is { } widest)
            widths[widest]--;
        for (var row = 0; row < rows.Count; row++)
        {
            var line = new StringBuilder();
            for (var at = 0; at < columns.Length; at++)
            {
                var cell = Cut(columns[at][row], widths[at]);
                var padding = at == columns.Length - 1 ? 0 : widths[at] + Gap - cell.Length;
                line.Append(hasColours && row > 0 && headings[at] == "STATE" ? Coloured(cell) : cell).Append(' ', padding);
            }

            yield return line.ToString().TrimEnd();
        }
    }

    /// <summary>Formats how long ago a time was or how far ahead it is: <c>3m ago</c>, <c>in 2h</c>.</summary>
    public static string Age(DateTimeOffset time, DateTimeOffset now)
    {
        var span = (now - time).Duration();
        var text = span switch
        {
            { TotalSeconds: < 60 } => $"{span.Seconds}s",
            { TotalMinutes: < 60 } => $"{span.Minutes}m",
            { TotalHours: < 48 } => $"{(int)span.TotalHours}h",
            _ => $"{(int)span.TotalDays}d",
        };
        return time > now && span.TotalSeconds >= 1 ? $"in {text}" : $"{text} ago";
    }

    private static string Aged(string cell, DateTimeOffset now) =>
        Time().IsMatch(cell) && DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, out var time) ? Age(time, now) : cell;

    private static int Total(int[] widths) => widths.Sum() + (Gap * (widths.Length - 1));

    private static bool IsIds(string[] column) =>
        column.Skip(1).Any(static cell => cell.Length > 0) && column.Skip(1).All(static cell => cell.Length == 0 || Id().IsMatch(cell));

    /// <summary>Shortens ids to a prefix that distinguishes them, and returns the column's new width.</summary>
    private static int Shorten(string[] column)
    {
        var ids = column.Skip(1).Where(static cell => cell.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var length = ShortestId;
        while (length < ids[0].Length
            && (ids[0][length - 1] == '-' || ids.Select(id => id[..length]).Distinct(StringComparer.Ordinal).Count() < ids.Count))
            length++;
        for (var row = 1; row < column.Length; row++)
            column[row] = column[row].Length == 0 ? "" : column[row][..length];
        return Math.Max(length, column[0].Length);
    }

    /// <summary>Returns the widest column that can be cut further; null if there is none.</summary>
    private static int? Widest(string[][] columns, int[] widths)
    {
        int? widest = null;
        for (var at = 0; at < widths.Length; at++)
        {
            var least = Math.Max(ShortestCell, columns[at][0].Length);
            var isId = columns[at].Skip(1).All(static cell => IdPrefix().IsMatch(cell));
            if (widths[at] > least && !isId && (widest is not { } found || widths[at] > widths[found]))
                widest = at;
        }

        return widest;
    }

    private static string Cut(string cell, int width) => cell.Length <= width ? cell : string.Concat(cell.AsSpan(0, width - 1), "…");

    private static string Coloured(string state) => state switch
    {
        "succeeded" or "ready" or "busy" => $"\e[32m{state}\e[0m",
        "failed" or "lost" => $"\e[31m{state}\e[0m",
        "running" or "assigned" => $"\e[36m{state}\e[0m",
        "cancelled" or "skipped" => $"\e[2m{state}\e[0m",
        "draining" or "drained" or "paused" => $"\e[33m{state}\e[0m",
        _ => state,
    };

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Time();

    [GeneratedRegex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    private static partial Regex Id();

    [GeneratedRegex("^([0-9a-f]{8}-[0-9a-f-]{4,27})?$")]
    private static partial Regex IdPrefix();
}
