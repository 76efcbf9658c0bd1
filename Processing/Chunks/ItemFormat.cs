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
}
