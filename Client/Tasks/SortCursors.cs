using System.Buffers.Binary;
using System.Buffers.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Cursors of sorted lists: the order, the time up to which running attempts count, and the value and id of the last
/// task shown, with a checksum. A cursor of another order is refused.
/// </summary>
internal static class SortCursors
{
    private const int ValueAt = 1 + sizeof(long);
    private const int IdAt = ValueAt + sizeof(long);
    private const int CheckAt = IdAt + TaskId.Size;
    private const int Size = CheckAt + sizeof(uint);

    /// <summary>Returns the cursor that continues after a task.</summary>
    public static string After(TaskSort sort, long now, TaskPosition last)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes[0] = (byte)sort;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], now);
        BinaryPrimitives.WriteInt64BigEndian(bytes[ValueAt..], last.Value);
        last.Id.Write(bytes[IdAt..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[CheckAt..], CheckOf(bytes[..CheckAt]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Returns the position of a cursor. Throws 400 <c>bad-cursor</c>.</summary>
    public static (long Now, TaskPosition Last) Read(string text, TaskSort sort)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != Base64Url.GetEncodedLength(Size) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != Size
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[CheckAt..]) != CheckOf(bytes[..CheckAt]) || bytes[0] != (byte)sort)
            throw new ProblemException(Problems.BadCursor("cursor"));
        return (
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            new TaskPosition(BinaryPrimitives.ReadInt64BigEndian(bytes[ValueAt..]), TaskId.Read(bytes[IdAt..])));
    }

    private static uint CheckOf(ReadOnlySpan<byte> bytes)
    {
        // The 32-bit FNV-1a hash.
        var check = 2166136261u;
        foreach (var one in bytes)
            check = (check ^ one) * 16777619;
        return check;
    }
}
