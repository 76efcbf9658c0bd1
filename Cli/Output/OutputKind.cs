namespace OrleansTasks.Cli.Output;

/// <summary>The form in which answers are printed.</summary>
internal enum OutputKind
{
    /// <summary>Columns, or one field per line.</summary>
    Table,

    /// <summary>Like <see cref="Table"/>, with more columns.</summary>
    Wide,

    /// <summary>JSON, with a list as one array.</summary>
    Json,

    /// <summary>JSON, one item per line.</summary>
    Ndjson,

    /// <summary>The table's columns in the format of RFC 4180.</summary>
    Csv,

    /// <summary>The ids or names, one per line.</summary>
    Name,

    /// <summary>A user-defined template for each item.</summary>
    Template,
}
