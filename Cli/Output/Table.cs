using System.Text;

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
        if (Watching.Screen.IsOn(output))
        {
            foreach (var shown in TerminalTable.Lines(rows, Console.WindowWidth, hasColours, TimeProvider.System.GetUtcNow()))
                output.WriteLine(shown);
            return;
        }

        var widths = new int[headings.Length];
        foreach (var row in rows)
            for (var i = 0; i < widths.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        var line = new StringBuilder();
        foreach (var row in rows)
        {
            line.Clear();
            for (var i = 0; i < widths.Length; i++)
                line.Append(row[i].PadRight(widths[i] + 2));
            output.WriteLine(line.ToString().TrimEnd());
        }
    }

    /// <summary>Writes all rows as comma-separated values, with or without the headings.</summary>
    public void WriteCsv(TextWriter output, bool withHeadings = true)
    {
        foreach (var row in rows.Skip(withHeadings ? 0 : 1))
            output.WriteLine(CsvText.Row(row));
    }
}
