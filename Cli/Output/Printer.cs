using System.Text.Json.Nodes;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Output;

/// <summary>Prints answers in the form that the command line asks for.</summary>
/// <param name="format">The form.</param>
/// <param name="asAnswered">Whether <c>--json</c> was given: lists are then printed as the gateway sent them.</param>
/// <param name="output">The output.</param>
/// <param name="hasColours">Whether a terminal may show colours.</param>
internal sealed class Printer(OutputFormat format, bool asAnswered, TextWriter output, bool hasColours = false)
{
    // The headings of the last line that Each has printed as CSV.
    private IReadOnlyList<string> headings = [];

    /// <summary>Whether to show columns that the usual table leaves out.</summary>
    public bool IsWide => format.Kind == OutputKind.Wide;

    /// <summary>Whether the output is human-readable.</summary>
    public bool IsForPeople => format.Kind is OutputKind.Table or OutputKind.Wide;

    /// <summary>Prints one item.</summary>
    /// <param name="answer">The item.</param>
    /// <param name="people">Prints it human-readable.</param>
    public void One(JsonNode answer, Action<TextWriter> people)
    {
        if (IsForPeople)
            people(output);
        else if (format.Kind == OutputKind.Json)
            output.WriteLine(JsonText.Of(answer));
        else
            Each([answer], FieldsOf);
    }

    /// <summary>Prints a list.</summary>
    /// <param name="answer">The list as the gateway sent it.</param>
    /// <param name="items">Its items.</param>
    /// <param name="table">Creates the table of the items, for human-readable output and CSV.</param>
    public void List(JsonNode answer, IEnumerable<JsonNode> items, Func<IEnumerable<JsonNode>, Table> table)
    {
        if (IsForPeople)
            table(items).Write(output, hasColours);
        else if (format.Kind == OutputKind.Json)
            output.WriteLine(
                JsonText.Of(asAnswered ? answer : new JsonArray([.. items.Select(static item => item.DeepClone())])));
        else
            Each(items, table);
    }

    /// <summary>
    /// Prints one of many items, on one line if the form allows it. In CSV, a line of headings precedes the first item
    /// and each item with other headings.
    /// </summary>
    /// <param name="item">The item.</param>
    /// <param name="table">Creates its table, for CSV; null to make all of its fields columns.</param>
    public void Each(JsonNode item, Func<IEnumerable<JsonNode>, Table>? table = null)
    {
        if (format.Kind == OutputKind.Json)
            output.WriteLine(JsonText.Line(item));
        else if (format.Kind == OutputKind.Csv)
            Continue((table ?? FieldsOf)([item]));
        else
            Each([item], FieldsOf);
    }

    private void Continue(Table table)
    {
        table.WriteCsv(output, withHeadings: !headings.SequenceEqual(table.Rows[0], StringComparer.Ordinal));
        headings = table.Rows[0];
    }

    private static Table FieldsOf(IEnumerable<JsonNode> items)
    {
        var item = items.Single();
        var fields = item as JsonObject ?? [];
        var table = new Table([.. fields.Select(static field => field.Key)]);
        table.Add([.. fields.Select(static field => JsonText.Text(field.Value))]);
        return table;
    }

    private void Each(IEnumerable<JsonNode> items, Func<IEnumerable<JsonNode>, Table> table)
    {
        if (format.Kind == OutputKind.Csv)
        {
            table(items).WriteCsv(output);
            return;
        }

        foreach (var item in items)
        {
            output.WriteLine(format.Kind switch
            {
                OutputKind.Ndjson => JsonText.Line(item),
                OutputKind.Name => TerminalText.Line(item["id"] is null ? item.Field("name") : item.Field("id")),
                _ => format.Template!.Fill(item, isForTerminal: output is TerminalWriter),
            });
        }
    }
}
