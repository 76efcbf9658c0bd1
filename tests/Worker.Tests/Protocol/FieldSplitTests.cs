using System.Buffers;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Protocol;

/// <summary>One field of a message apart from the others.</summary>
public sealed class FieldSplitTests
{
    // Field 1: 300; field 2: "ab"; field 3: eight bytes; field 2: "c"; field 4: four bytes.
    private static readonly byte[] Message =
        [0x08, 0xac, 0x02, 0x12, 2, (byte)'a', (byte)'b', 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x12, 1, (byte)'c', 0x25, 9, 9, 9, 9];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void TrySplit_AFieldThatOccursTwice_GivesBothAndTheRest(int memorySize)
    {
        var (isSplit, found, rest) = Split(Message, memorySize);

        Assert.True(isSplit);
        Assert.Equal(["ab"u8.ToArray(), "c"u8.ToArray()], found);
        Assert.Equal([.. Message.AsSpan(0, 3), .. Message.AsSpan(7, 9), .. Message.AsSpan(19)], rest);
    }

    [Fact]
    public void TrySplit_NothingAtAll_IsAMessageWithoutFields() => Assert.True(Split([], 1).IsSplit);

    [Theory]
    [InlineData(new byte[] { 0x12 })]
    [InlineData(new byte[] { 0x12, 5, 1 })]
    [InlineData(new byte[] { 0x0a, 5, 1 })]
    [InlineData(new byte[] { 0x08, 0x80 })]
    [InlineData(new byte[] { 0x19, 1, 2 })]
    [InlineData(new byte[] { 0x25, 1 })]
    [InlineData(new byte[] { 0x02, 0 })]
    [InlineData(new byte[] { 0x13, 0x14 })]
    [InlineData(new byte[] { 0x17 })]
    [InlineData(new byte[] { 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 })]
    public void TrySplit_MalformedOrWithGroups_IsLeftToTheParser(byte[] message) => Assert.False(Split(message, 3).IsSplit);

    private static (bool IsSplit, List<byte[]> Found, byte[] Others) Split(byte[] message, int memorySize)
    {
        var found = new List<ReadOnlySequence<byte>>();
        var rest = new ArrayBufferWriter<byte>();
        var isSplit = FieldSplit.TrySplit(Scattered.Over(message, memorySize), 2, found, rest);
        return (isSplit, [.. found.Select(static value => value.ToArray())], rest.WrittenSpan.ToArray());
    }
}
