using Google.Protobuf;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>
/// Changes a protobuf message at the level of its wire: fields that a later version may have, and fields that nobody
/// writes.
/// </summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class WireMutator(Random random)
{
    private const uint FirstFutureField = 100;

    /// <summary>
    /// Appends one to four well-formed fields with numbers that no message has. A reader must pass over them.
    /// </summary>
    public byte[] AddFuture(ReadOnlySpan<byte> message)
    {
        var bytes = message.ToArray().ToList();
        for (var left = random.Next(1, 5); left > 0; left--)
        {
            // Also before the known fields: between them would need to know where they end.
            var field = Field();
            bytes.InsertRange(random.Percent(50) ? 0 : bytes.Count, field);
        }

        return [.. bytes];
    }

    /// <summary>Breaks a message in one to three places.</summary>
    public byte[] Break(ReadOnlySpan<byte> message)
    {
        var bytes = message.ToArray();
        for (var left = random.Next(1, 4); left > 0; left--)
            bytes = BreakOnce(bytes);
        return bytes;
    }

    private byte[] BreakOnce(byte[] bytes) => random.Next(8) switch
    {
        0 => bytes[..random.Next(bytes.Length + 1)],
        // A varint that does not end, one of more than ten bytes, and a length beyond what is there.
        1 => [.. bytes, 0x08, .. Enumerable.Repeat((byte)0xff, random.Next(1, 14))],
        2 => [.. bytes, 0x0a, .. Varint(random.Pick<ulong>([1, 1_000, int.MaxValue, uint.MaxValue, ulong.MaxValue]))],
        // Field 0, and the wire types that there are not, or not any more.
        3 => [.. bytes, .. Varint((ulong)random.Next(0, 20) << 3 | (uint)random.Next(3, 8))],
        // A known field with another wire type than its own.
        4 => [.. bytes, .. Tag((uint)random.Next(1, 20), random.Next(0, 3)), .. random.Bytes(random.Next(0, 12))],
        // Texts that are not UTF-8.
        5 => [.. bytes, .. Tag((uint)random.Next(1, 8), 2), 3, 0xff, 0xfe, 0xc0],
        6 => [.. bytes, .. Groups()],
        _ => ByteMutator.Change(random, bytes),
    };

    /// <summary>Groups within groups, which readers follow with their stack.</summary>
    private byte[] Groups() => [.. Enumerable.Repeat((byte)0x0b, random.Pick([1, 50, 101, 5_000]))];

    private byte[] Field()
    {
        var number = random.Pick<uint>([FirstFutureField, 1_000, 18_999, 20_000, 536_870_911]);
        var content = random.Bytes(random.Pick([0, 1, 127, 128, 3_000]));
        return random.Next(4) switch
        {
            0 => [.. Tag(number, 0), .. Varint((ulong)random.Edge())],
            1 => [.. Tag(number, 1), .. random.Bytes(8)],
            2 => [.. Tag(number, 5), .. random.Bytes(4)],
            _ => [.. Tag(number, 2), .. Varint((ulong)content.Length), .. content],
        };
    }

    private static byte[] Tag(uint field, int type) => Varint(((ulong)field << 3) | (uint)type);

    private static byte[] Varint(ulong value)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
            output.WriteUInt64(value);
        return stream.ToArray();
    }
}
