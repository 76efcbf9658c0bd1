namespace OrleansTasks.Processing.Chunks;

/// <summary>The form of a chunk's items. The numbers are stored and sent, so they must not change.</summary>
public enum ItemFormat : byte
{
    /// <summary>Consecutive integers.</summary>
    Range = 0,

    /// <summary>Lines of JSON with one value each, without white space between tokens.</summary>
    Json = 1,

    /// <summary>Lines of text, each of which is an item.</summary>
    Text = 2,

    /// <summary>A part of a file of lines: a range of its bytes.</summary>
    FileLines = 3,

    /// <summary>A part of a file with one JSON value per line.</summary>
    FileNdjson = 4,

    /// <summary>A part of a file of comma-separated values with a header.</summary>
    FileCsv = 5,

    /// <summary>Lines that should be JSON but have not been checked; used only within a worker.</summary>
    Ndjson = 6,

    /// <summary>Rows of comma-separated values; used only within a worker.</summary>
    Csv = 7,
}
