using System.Text;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// A human-readable table: columns as wide as their widest cell, two spaces apart, without trailing spaces.
/// </summary>
internal sealed class Table(params string[] headings)
{
    private readonly List<string[]> rows = [headings];

    /// <summary>The rows, including the headings as the first one.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => rows;

    /// <summary>
    /// Adds a row with one cell per column. Cells are shown as by <see cref="TerminalText"/>, so that no task name can
    /// move the cursor.
    /// </summary>
    public void Add(params string[] cells) => rows.Add([.. cells.Select(TerminalText.Line)]);

    /// <summary>Writes all rows; on a terminal, fitted to its width.</summary>
    public void Write(TextWriter output, bool hasColours = false)
    {
        foreach (var line in Lines(TerminalWriter.WidthOf(output), hasColours))
            output.WriteLine(line);
    }

    /// <summary>Returns all rows as lines, fitted to the width of a terminal; null for a file or a pipe.</summary>
    public IEnumerable<string> Lines(int? width, bool hasColours = false) => width is { } columns
        ? TerminalTable.Lines(rows, columns, hasColours, TimeProvider.System.GetUtcNow())
        : WholeLines();

    private IEnumerable<string> WholeLines()
    {
        var widths = new int[headings.Length];
        foreach (var row in rows)
            for (var i = 0; i < widths.Length; i++)
                widths[i] = Math.Max(widths[i], TextWidth.Of(row[i]));
        var line = new StringBuilder();
        foreach (var row in rows)
        {
            line.Clear();
            for (var i = 0; i < widths.Length; i++)
                line.Append(TextWidth.Padded(row[i], widths[i] + 2));
            yield return line.ToString().TrimEnd();
        }
    }

    /// <summary>Writes all rows as comma-separated values, with or without the headings.</summary>
    public void WriteCsv(TextWriter output, bool withHeadings = true)
    {
        foreach (var row in rows.Skip(withHeadings ? 0 : 1))
            output.WriteLine(CsvText.Row(row));
    }
}
