using System.Buffers.Binary;
using System.Buffers.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Cursors of lists: the last id shown, with a checksum to recognize invalid cursors.</summary>
internal static class Cursors
{
    private const int Size = TaskId.Size + sizeof(uint);

    /// <summary>Returns the cursor that continues after <paramref name="last"/>.</summary>
    public static string After(TaskId last)
    {
        Span<byte> bytes = stackalloc byte[Size];
        last.Write(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[TaskId.Size..], CheckOf(last));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>
    /// Returns the id after which a cursor continues; null without a cursor. Throws 400 <c>bad-cursor</c>.
    /// </summary>
    public static TaskId? Read(string? text)
    {
        if (text is null)
            return null;
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length == Base64Url.GetEncodedLength(Size)
            // TryDecodeFromChars throws for characters outside the alphabet, so check first.
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == Size
            && TaskId.Read(bytes) is var id
                && BinaryPrimitives.ReadUInt32BigEndian(bytes[TaskId.Size..]) == CheckOf(id))
            return id;
        throw new ProblemException(Problems.BadCursor("cursor"));
    }

    private static uint CheckOf(TaskId id)
    {
        // The multipliers (2^64 divided by the golden ratio, and a prime of xxHash) mix the bits.
        var mixed = (id.High * 0x9E3779B97F4A7C15) ^ (id.Low * 0xC2B2AE3D27D4EB4F);
        return (uint)(mixed >> 32) ^ (uint)mixed;
    }
}
