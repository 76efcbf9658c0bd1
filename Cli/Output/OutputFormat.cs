namespace OrleansTasks.Cli.Output;

/// <summary>The value of <c>--output</c>.</summary>
/// <param name="Kind">The form.</param>
/// <param name="Template">The template of <see cref="OutputKind.Template"/>; null for any other form.</param>
internal sealed record OutputFormat(OutputKind Kind, RecordTemplate? Template = null)
{
    /// <summary>The names of all forms, for help and messages.</summary>
    public const string Names = "table, wide, json, ndjson, csv, name or template='{{id}} {{state}}'";

    private const string TemplatePrefix = "template=";

    /// <summary>Parses the option's value. Throws <see cref="UsageException"/>.</summary>
    public static OutputFormat Parse(string text) => text switch
    {
        "table" => new(OutputKind.Table),
        "wide" => new(OutputKind.Wide),
        "json" => new(OutputKind.Json),
        "ndjson" => new(OutputKind.Ndjson),
        "csv" => new(OutputKind.Csv),
        "name" => new(OutputKind.Name),
        _ when text.StartsWith(TemplatePrefix, StringComparison.Ordinal) =>
            new(OutputKind.Template, RecordTemplate.Parse(text[TemplatePrefix.Length..])),
        _ => throw UsageException.OfValue("--output", text, Names),
    };
}
