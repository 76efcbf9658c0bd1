using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Agent;

namespace OrleansTasks.Worker.Tests.Protocol;

/// <summary>Messages of output that are read without copying the output are those of the generated types.</summary>
public sealed class OutputFormTests
{
    [Fact]
    public void Read_InOnePieceOfMemory_IsTheSameMessageOverThatMemory()
    {
        var bytes = Message().ToByteArray();

        var read = OutputForm.Read(new ReadOnlySequence<byte>(bytes))!;

        Assert.Equal(Message(), read);
        var byteInData = bytes.AsSpan().IndexOf((byte)'#');
        bytes[byteInData] = (byte)'!';
        Assert.Contains(read.Chunks, static chunk => chunk.Data.Span.Contains((byte)'!'));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(64)]
    public void Read_FromSeveralPiecesOfMemory_IsTheSameOutputInMoreChunks(int size)
    {
        var read = OutputForm.Read(Scattered.Over(Message().ToByteArray(), size))!;

        Assert.Equal(("w1", 5), (read.NodeId, read.Session));
        Assert.True(read.Chunks.Count > Message().Chunks.Count);
        foreach (var whole in Message().Chunks)
        {
            var parts = read.Chunks.Where(chunk => chunk.Lease.Equals(whole.Lease) && chunk.Stream == whole.Stream).ToList();
            var end = whole.Offset;
            foreach (var part in parts)
            {
                Assert.Equal(end, part.Offset);
                end += part.Data.Length;
            }

            Assert.Equal(whole.Data.ToByteArray(), parts.SelectMany(static part => part.Data));
        }
    }

    [Fact]
    public void Read_FieldsOfALaterVersion_AreKeptAndDoNotDisturb()
    {
        // Field 100 of the message: 1.
        byte[] bytes = [0xa0, 0x06, 1, .. Message().ToByteArray()];

        var read = OutputForm.Read(new ReadOnlySequence<byte>(bytes))!;

        Assert.Equal(OutputChunks.Parser.ParseFrom(bytes), read);
    }

    [Fact]
    public void Read_DataTwiceOrBeyondTheLastOffset_IsLeftToTheParser()
    {
        // A chunk with two data fields, of which the last counts.
        Assert.Null(OutputForm.Read(new ReadOnlySequence<byte>(new byte[] { 0x1a, 6, 0x22, 1, 1, 0x22, 1, 2 })));
        Assert.Null(OutputForm.Read(new ReadOnlySequence<byte>(new OutputChunks
        {
            Chunks = { new OutputChunk { Offset = long.MaxValue - 1, Data = ByteString.CopyFromUtf8("abc") } },
        }.ToByteArray())));
        Assert.Null(OutputForm.Read(new ReadOnlySequence<byte>(new byte[] { 0x1a, 6, 0x22 })));
    }

    private static OutputChunks Message() => new()
    {
        NodeId = "w1",
        Session = 5,
        Chunks =
        {
            new OutputChunk
            {
                Lease = AgentFixture.LeaseOf(1), Stream = 1, Offset = 1_000_000, Data = ByteString.CopyFromUtf8(new string('#', 300)),
            },
            new OutputChunk { Lease = AgentFixture.LeaseOf(1), Stream = 2, Data = ByteString.CopyFromUtf8(new string('e', 200)) },
            new OutputChunk { Lease = AgentFixture.LeaseOf(2), Stream = 1, Offset = 3, Data = ByteString.CopyFromUtf8(new string('2', 100)) },
        },
    };
}
