using System.Buffers;

namespace OrleansTasks.Storage.Encodings;

/// <summary>Builds a JSON array of the results of items.</summary>
internal sealed class ResultArray
{
    private readonly ArrayBufferWriter<byte> text = new();

    internal int Length => text.WrittenCount;

    /// <summary>Adds the next item's result, as JSON in UTF-8. An empty value becomes <c>null</c>.</summary>
    internal void Add(ReadOnlySpan<byte> value)
    {
        text.Write(Length == 0 ? "["u8 : ","u8);
        text.Write(value.IsEmpty ? "null"u8 : value);
    }

    internal ReadOnlyMemory<byte> Close()
    {
        text.Write(Length == 0 ? "[]"u8 : "]"u8);
        return text.WrittenMemory;
    }
}
