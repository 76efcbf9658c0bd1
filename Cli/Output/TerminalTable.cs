using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// Lays out a table for a terminal. Times become ages. If the table is too wide, it is narrowed by these steps in
/// order, until it fits: remove empty columns; shorten ids to a prefix that is unique in their column, which every
/// command accepts; remove the columns in <see cref="Spare"/> as far as the rest could
/// not fit otherwise; cut long cells; remove the columns in <see cref="Lesser"/>; cut names. Cells in <see cref="Whole"/> are
/// never cut.
/// </summary>
internal static partial class TerminalTable
{
    private const int Gap = 2, ShortestCell = 6, ShortestId = 13, LongestReason = 16;

    // These columns contain text that users chose, so times in them stay as they are.
    private static readonly string[] FreeText = ["NAME", "COMMAND", "SAMPLE", "DETAIL", "REASON", "VALUE", "MESSAGE"];

    // A cut cell would mislead: exit 12 instead of exit 127.
    private static readonly string[] Whole = ["STATE", "EXIT", "OUTCOME", "SEVERITY", "STATUS"];
    private static readonly string[] Names = ["NAME", "NODE"];
    private static readonly string[] Lesser = ["ATTEMPT", "RUN"];

    // Left out, in this order, where even short cells do not fit.
    private static readonly string[] Spare = ["CREATED", "QUEUE", "NODE"];

    /// <summary>Returns the table's lines.</summary>
    /// <param name="rows">The rows, including the headings as the first one.</param>
    /// <param name="width">The terminal's width in columns.</param>
    /// <param name="hasColours">Whether to colour states.</param>
    /// <param name="now">The time from which ages are counted.</param>
    public static IEnumerable<string> Lines(
        IReadOnlyList<IReadOnlyList<string>> rows, int width, bool hasColours, DateTimeOffset now)
    {
        var columns = rows[0].Select((heading, at) => rows.Skip(1)
            .Select(row => FreeText.Contains(heading) ? row[at] : Aged(row[at], now))
            .Prepend(heading).ToArray()).ToList();
        if (Total(WidthsOf(columns)) > width && rows.Count > 1)
            columns.RemoveAll(static column => column.Skip(1).All(static cell => cell.Length == 0));
        foreach (var ids in columns.Where(IsIds))
        {
            if (Total(WidthsOf(columns)) > width)
                Shorten(ids);
        }

        foreach (var spare in Spare)
        {
            if (LeastTotal(columns) > width)
                columns.RemoveAll(column => column[0] == spare);
        }

        var widths = WidthsOf(columns);
        Narrow(columns, widths, width, static column => !Whole.Contains(column[0]) && !Names.Contains(column[0]));
        foreach (var lesser in columns.Where(static column => Lesser.Contains(column[0])).ToArray())
        {
            if (Total(widths) <= width)
                break;
            widths.RemoveAt(columns.IndexOf(lesser));
            columns.Remove(lesser);
        }

        Narrow(columns, widths, width, static column => Names.Contains(column[0]));
        for (var row = 0; row < rows.Count; row++)
        {
            var line = new StringBuilder();
            for (var at = 0; at < columns.Count; at++)
            {
                var cell = TextWidth.Cut(columns[at][row], widths[at]);
                var padding = at == columns.Count - 1 ? 0 : widths[at] + Gap - TextWidth.Of(cell);
                var isColoured = hasColours && row > 0 && columns[at][0] == "STATE";
                line.Append(isColoured ? Coloured(cell) : cell).Append(' ', padding);
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

    private static List<int> WidthsOf(List<string[]> columns) =>
        [.. columns.Select(static column => column.Max(TextWidth.Of))];

    private static int Total(List<int> widths) => widths.Sum() + (Gap * (widths.Count - 1));

    // Returns the width of the table with its cells as short as they can be cut.
    private static int LeastTotal(List<string[]> columns) => Total(
    [
        .. columns.Where(static column => !Lesser.Contains(column[0])).Select(static column =>
            column.Max(TextWidth.Of) is var whole && (Whole.Contains(column[0]) || IsWhole(column))
                ? whole : Math.Min(whole, Math.Max(ShortestCell, TextWidth.Of(column[0])))),
    ]);

    private static bool IsIds(string[] column) =>
        column.Skip(1).Any(static cell => cell.Length > 0) && column.Skip(1).All(static cell => cell.Length == 0 || Id().IsMatch(cell));

    /// <summary>Shortens ids to a prefix that distinguishes them.</summary>
    private static void Shorten(string[] column)
    {
        var ids = column.Skip(1).Where(static cell => cell.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var length = ShortestId;
        while (length < ids[0].Length
            && (ids[0][length - 1] == '-' || ids.Select(id => id[..length]).Distinct(StringComparer.Ordinal).Count() < ids.Count))
            length++;
        for (var row = 1; row < column.Length; row++)
            column[row] = column[row].Length == 0 ? "" : column[row][..length];
    }

    /// <summary>Narrows the widest of the columns that may be cut until the table fits or none is left.</summary>
    private static void Narrow(List<string[]> columns, List<int> widths, int width, Func<string[], bool> mayCut)
    {
        var cuttable = Enumerable.Range(0, columns.Count)
            .Where(at => mayCut(columns[at]) && !IsWhole(columns[at])).ToArray();
        while (Total(widths) > width)
        {
            var wide = cuttable.Where(
                at => widths[at] > Math.Max(ShortestCell, TextWidth.Of(columns[at][0]))).ToArray();
            if (wide.Length == 0)
                break;
            widths[wide.MaxBy(at => widths[at])]--;
        }
    }

    // Ids are already shortened. A short reason is one of the service's words; users write longer ones, in the audit.
    private static bool IsWhole(string[] column) => column.Skip(1).All(static cell => IdPrefix().IsMatch(cell))
        || (column[0] == "REASON" && column.All(static cell => cell.Length <= LongestReason));

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
