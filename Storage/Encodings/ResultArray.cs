using System.Buffers;

namespace OrleansTasks.Storage.Encodings;

/// <summary>Makes one JSON array of the results of items.</summary>
internal sealed class ResultArray
{
    private readonly ArrayBufferWriter<byte> text = new();

    /// <summary>How many bytes it has so far.</summary>
    internal int Length => text.WrittenCount;

    /// <summary>Adds the next item's result: JSON in UTF-8; empty for none, which is null in the array.</summary>
    internal void Add(ReadOnlySpan<byte> value)
    {
        text.Write(Length == 0 ? "["u8 : ","u8);
        text.Write(value.IsEmpty ? "null"u8 : value);
    }

    /// <summary>Ends the array and returns it.</summary>
    internal ReadOnlyMemory<byte> Close()
    {
        text.Write(Length == 0 ? "[]"u8 : "]"u8);
        return text.WrittenMemory;
    }
}
