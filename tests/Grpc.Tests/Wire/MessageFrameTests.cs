using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf.WellKnownTypes;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Tests.Wire;

public sealed class MessageFrameTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static byte[] Framed(params string[] texts)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var text in texts)
            MessageFrame.Write(output, new StringValue { Value = text });
        return output.WrittenSpan.ToArray();
    }

    private static MessageReader<StringValue> Reading(Pipe pipe, int limit = 1024) =>
        new(pipe.Reader, StringValue.Parser, limit);

    [Fact]
    public void Write_AMessage_HasFlagAndBigEndianLength() =>
        Assert.Equal([0, 0, 0, 0, 4, 0x0a, 2, (byte)'h', (byte)'i'], Framed("hi"));

    [Fact]
    public async Task Next_BytesOneByOne_GivesEveryMessageOnceAndThenTheEnd()
    {
        var pipe = new Pipe();
        var reader = Reading(pipe);
        var bytes = Framed("first", "", "third");
        var writing = Task.Run(
            async () =>
            {
                foreach (var value in bytes)
                    await pipe.Writer.WriteAsync(new[] { value }, Cancellation);
                await pipe.Writer.CompleteAsync();
            },
            Cancellation);

        Assert.Equal("first", (await reader.Next(Cancellation))!.Value);
        Assert.Equal("", (await reader.Next(Cancellation))!.Value);
        Assert.Equal("third", (await reader.Next(Cancellation))!.Value);
        Assert.Null(await reader.Next(Cancellation));
        await writing;
    }

    [Fact]
    public async Task Next_SeveralInOneRead_GivesThemOneByOne()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Framed("a", "b"), Cancellation);
        var reader = Reading(pipe);

        Assert.Equal("a", (await reader.Next(Cancellation))!.Value);
        Assert.Equal("b", (await reader.Next(Cancellation))!.Value);
    }

    [Fact]
    public async Task Next_LongerThanTheLimit_IsRefusedFromItsPrefixAlone()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 0, 0xff, 0xff, 0xff, 0xff }, Cancellation);

        var failure = await Assert.ThrowsAsync<GrpcException>(() => Reading(pipe).Next(Cancellation).AsTask());

        Assert.Equal(GrpcStatus.ResourceExhausted, failure.Status);
        Assert.Contains("4294967295", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, GrpcStatus.Unimplemented)]
    [InlineData(7, GrpcStatus.Internal)]
    public async Task Next_FlagThatIsNotZero_IsRefused(byte flag, GrpcStatus expected)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { flag, 0, 0, 0, 0 }, Cancellation);

        Assert.Equal(expected, (await Assert.ThrowsAsync<GrpcException>(() => Reading(pipe).Next(Cancellation).AsTask())).Status);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Next_CutShort_IsNoEnd(int length)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Framed("cut")[..length], Cancellation);
        await pipe.Writer.CompleteAsync();

        Assert.Equal(
            GrpcStatus.Internal, (await Assert.ThrowsAsync<GrpcException>(() => Reading(pipe).Next(Cancellation).AsTask())).Status);
    }

    [Fact]
    public async Task Next_InPlace_BytesStayUntilTheNextMessage()
    {
        var pool = new WipingPool();
        var pipe = new Pipe(new PipeOptions(pool));
        var texts = new[] { new string('a', 10_000), new string('b', 10_000), "c" };
        await pipe.Writer.WriteAsync(Framed(texts), Cancellation);
        await pipe.Writer.CompleteAsync();
        var views = new List<ReadOnlySequence<byte>>();
        var reader = new MessageReader<StringValue>(pipe.Reader, StringValue.Parser, 1 << 20, bytes =>
        {
            views.Add(bytes);
            return new StringValue();
        });

        for (var i = 0; i < texts.Length; i++)
        {
            Assert.NotNull(await reader.Next(Cancellation));
            Assert.Equal(texts[i], StringValue.Parser.ParseFrom(views[i]).Value);
        }

        Assert.InRange(pool.Returned, 1, pool.Rented - 1);
        Assert.Null(await reader.Next(Cancellation));
        Assert.Equal(pool.Rented, pool.Returned);
    }

    [Fact]
    public async Task Release_AfterTheLastMessageThatIsRead_GivesItsMemoryBack()
    {
        var pool = new WipingPool();
        var pipe = new Pipe(new PipeOptions(pool));
        await pipe.Writer.WriteAsync(Framed("a"), Cancellation);
        var reader = new MessageReader<StringValue>(pipe.Reader, StringValue.Parser, 1 << 20, static _ => new StringValue());
        await reader.Next(Cancellation);
        Assert.Equal(0, pool.Returned);

        reader.Release();
        reader.Release();

        Assert.Equal(1, pool.Returned);
    }

    [Fact]
    public async Task Next_InPlaceDoesNotKnowTheForm_ParserReadsIt()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Framed("a", "b"), Cancellation);
        var reader = new MessageReader<StringValue>(pipe.Reader, StringValue.Parser, 1024, static _ => null);

        Assert.Equal("a", (await reader.Next(Cancellation))!.Value);
        Assert.Equal("b", (await reader.Next(Cancellation))!.Value);
    }

    [Fact]
    public async Task Next_NotProtobuf_IsRefused()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 0x0a, 9 }, Cancellation);

        Assert.Equal(
            GrpcStatus.Internal, (await Assert.ThrowsAsync<GrpcException>(() => Reading(pipe).Next(Cancellation).AsTask())).Status);
    }

    /// <summary>Memory of 4 KiB that cannot be read any more once it was given back.</summary>
    private sealed class WipingPool : MemoryPool<byte>
    {
        public int Rented { get; private set; }

        public int Returned { get; private set; }

        public override int MaxBufferSize => 4096;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            Rented++;
            return new Block(this);
        }

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Block(WipingPool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = new byte[4096];

            public void Dispose()
            {
                pool.Returned++;
                Memory.Span.Fill(0xff);
            }
        }
    }
}
