namespace OrleansTasks.Processing.Processors;

/// <summary>
/// The processor that makes results from items. The numbers are stored and sent, so they must not change.
/// </summary>
public enum ProcessorKind : byte
{
    /// <summary>The item itself.</summary>
    Identity = 0,

    /// <summary>A number's square, exact for integers.</summary>
    Square = 1,

    /// <summary>The number of characters of a string, or of elements of an array.</summary>
    Length = 2,

    /// <summary>The words of a string, one result each.</summary>
    Words = 3,

    /// <summary>The value that a pointer names in JSON.</summary>
    Json = 4,

    /// <summary>A kept program that answers each line with one line.</summary>
    Command = 5,

    /// <summary>A program that is started for each chunk, with lines as input and output.</summary>
    ChunkCommand = 6,

    /// <summary>A .NET processor from the plug-in folder.</summary>
    Plugin = 7,
}
