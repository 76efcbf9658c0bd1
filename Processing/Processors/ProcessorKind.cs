namespace OrleansTasks.Processing.Processors;

/// <summary>What makes results of items. The numbers are stored and sent, and must not change.</summary>
public enum ProcessorKind : byte
{
    /// <summary>The item itself.</summary>
    Identity = 0,

    /// <summary>A number's square, exact for integers.</summary>
    Square = 1,

    /// <summary>A text's characters, an array's elements.</summary>
    Length = 2,

    /// <summary>A text's words, one result each.</summary>
    Words = 3,

    /// <summary>What a pointer finds in JSON.</summary>
    Json = 4,

    /// <summary>A program that is kept: a line in, a line out.</summary>
    Command = 5,

    /// <summary>A program a chunk: lines in, lines out.</summary>
    ChunkCommand = 6,

    /// <summary>A .NET processor from the plug-in folder.</summary>
    Plugin = 7,
}
