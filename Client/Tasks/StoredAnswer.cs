using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// A 202 answer as stored with its idempotency key: a version byte, the length of the location in two bytes, the
/// location, the body.
/// </summary>
/// <param name="Location">The response's <c>Location</c>.</param>
/// <param name="Body">The response's body.</param>
internal readonly record struct StoredAnswer(string Location, ReadOnlyMemory<byte> Body)
{
    private const byte Version = 1;
    private const int HeadLength = 3;

    /// <summary>Returns the stored form.</summary>
    public byte[] Encode()
    {
        var kept = new byte[HeadLength + Location.Length + Body.Length];
        kept[0] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(kept.AsSpan(1), (ushort)Location.Length);
        Encoding.ASCII.GetBytes(Location, kept.AsSpan(HeadLength));
        Body.CopyTo(kept.AsMemory(HeadLength + Location.Length));
        return kept;
    }

    /// <summary>
    /// Reads the stored form. Throws <see cref="FormatException"/> if it is damaged or has another version.
    /// </summary>
    public static StoredAnswer Decode(ReadOnlyMemory<byte> kept)
    {
        var bytes = kept.Span;
        if (bytes.Length < HeadLength || bytes[0] != Version)
            throw new FormatException("A stored answer has a format that this program does not support.");
        var end = HeadLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        if (end > bytes.Length)
            throw new FormatException("A stored answer is truncated.");
        return new StoredAnswer(Encoding.ASCII.GetString(bytes[HeadLength..end]), kept[end..]);
    }
}
