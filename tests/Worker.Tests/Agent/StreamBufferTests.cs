using System.Buffers;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>What waits of one stream is taken in its order, whether it was copied or kept.</summary>
public sealed class StreamBufferTests
{
    private const int PieceSize = 64 * 1024;

    [Fact]
    public void Take_OfPiecesThatWereCopiedAndKept_GivesThemInOrderWithoutAGap()
    {
        var buffer = new StreamBuffer();
        var random = new Random(3);
        var added = new MemoryStream();
        var taken = new OutputChunks();
        var arrays = new List<byte[]>();
        for (var i = 0; i < 60; i++)
        {
            var piece = new byte[i % 3 == 0 ? PieceSize : random.Next(1, 100_000)];
            random.NextBytes(piece);
            added.Write(piece);
            if (piece.Length == PieceSize)
                buffer.Keep(piece);
            else
                buffer.Add(piece);
            if (i % 7 == 6)
                buffer.Take(AgentFixture.LeaseOf(1), 1, 200_000, taken, arrays);
            Assert.Equal(added.Length - taken.Chunks.Sum(static chunk => chunk.Data.Length), buffer.Length);
        }

        while (buffer.Length > 0)
            buffer.Take(AgentFixture.LeaseOf(1), 1, 200_000, taken, arrays);

        var whole = new MemoryStream();
        foreach (var chunk in taken.Chunks)
        {
            Assert.Equal(whole.Length, chunk.Offset);
            Assert.InRange(chunk.Data.Length, 1, PieceSize);
            chunk.Data.WriteTo(whole);
        }

        Assert.Equal(added.ToArray(), whole.ToArray());
        Assert.Equal(taken.Chunks.Count, arrays.Count);
    }

    [Fact]
    public void Take_WithMuchWaiting_GivesAboutAsMuchAsIsAskedFor()
    {
        var buffer = new StreamBuffer();
        for (var i = 0; i < 40; i++)
            buffer.Keep(new byte[PieceSize]);
        var taken = new OutputChunks();

        buffer.Take(AgentFixture.LeaseOf(1), 1, 16 * PieceSize, taken, []);

        Assert.Equal(16, taken.Chunks.Count);
        Assert.Equal(24 * PieceSize, buffer.Length);
    }

    [Fact]
    public void Keep_AnArray_IsSentFromThatArray()
    {
        var buffer = new StreamBuffer();
        var array = ArrayPool<byte>.Shared.Rent(PieceSize);
        buffer.Keep(array);
        var taken = new OutputChunks();
        buffer.Take(AgentFixture.LeaseOf(1), 1, PieceSize, taken, []);

        Assert.True(MemoryMarshal.TryGetArray(Assert.Single(taken.Chunks).Data.Memory, out var segment));
        Assert.Same(array, segment.Array);
    }
}
