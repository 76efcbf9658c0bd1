namespace OrleansTasks.Processing.Chunks;

/// <summary>What a chunk's items are. The numbers are stored and sent, and must not change.</summary>
public enum ItemFormat : byte
{
    /// <summary>The integers from a first one on.</summary>
    Range = 0,

    /// <summary>Lines of JSON, one value each, without white space between tokens.</summary>
    Json = 1,

    /// <summary>Lines of text, each an item.</summary>
    Text = 2,

    /// <summary>A part of a file of lines: a range of its bytes.</summary>
    FileLines = 3,

    /// <summary>A part of a file with a JSON value a line.</summary>
    FileNdjson = 4,

    /// <summary>A part of a file of comma-separated values with a header.</summary>
    FileCsv = 5,

    /// <summary>Lines that should be JSON and have not been checked; within a worker alone.</summary>
    Ndjson = 6,

    /// <summary>Rows of comma-separated values; within a worker alone.</summary>
    Csv = 7,
}
