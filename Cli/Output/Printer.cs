using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Output;

/// <summary>Prints answers in the form that the command line asks for.</summary>
/// <param name="format">The form.</param>
/// <param name="asAnswered">Whether <c>--json</c> was given: lists are then printed as the gateway gives them.</param>
/// <param name="output">Where it goes.</param>
/// <param name="hasColours">Whether a terminal may be shown colours.</param>
internal sealed class Printer(OutputFormat format, bool asAnswered, TextWriter output, bool hasColours = false)
{
    // The headings of the last line that Each has printed as csv.
    private IReadOnlyList<string> headings = [];

    /// <summary>Whether columns are wanted that the usual table leaves out.</summary>
    public bool IsWide => format.Kind == OutputKind.Wide;

    /// <summary>Whether people are to read it.</summary>
    public bool IsForPeople => format.Kind is OutputKind.Table or OutputKind.Wide;

    /// <summary>Prints one thing.</summary>
    /// <param name="answer">The thing.</param>
    /// <param name="people">Prints it for people.</param>
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
    /// <param name="answer">The list as the gateway gives it.</param>
    /// <param name="items">Its items.</param>
    /// <param name="table">Makes the table of the items, for people and for <c>csv</c>.</param>
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
    /// Prints one of many things, in one line where the form allows it. As <c>csv</c>, a line of headings comes before
    /// the first one, and before one with other headings.
    /// </summary>
    /// <param name="item">The thing.</param>
    /// <param name="table">Makes its table, for <c>csv</c>; null: all of its fields are columns.</param>
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
                _ => format.Template!.Fill(item),
            });
        }
    }
}
