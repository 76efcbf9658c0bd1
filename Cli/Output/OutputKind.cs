namespace OrleansTasks.Cli.Output;

/// <summary>In which form answers are printed.</summary>
internal enum OutputKind
{
    /// <summary>Columns, or one field a line.</summary>
    Table,

    /// <summary>As <see cref="Table"/>, with more columns.</summary>
    Wide,

    /// <summary>JSON: a list is one array.</summary>
    Json,

    /// <summary>JSON, an item a line.</summary>
    Ndjson,

    /// <summary>The table's columns as RFC 4180 has them.</summary>
    Csv,

    /// <summary>The ids, or names, one a line.</summary>
    Name,

    /// <summary>A text of one's own an item.</summary>
    Template,
}
