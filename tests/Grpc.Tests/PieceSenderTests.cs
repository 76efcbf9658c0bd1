using OrleansTasks.Grpc.Client;

namespace OrleansTasks.Grpc.Tests;

/// <summary>A message that is sent from where its parts are.</summary>
public sealed class PieceSenderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_PartsOfAllSizes_ArriveInWholePiecesAndInOrder()
    {
        var random = new Random(7);
        var stream = new WritesOfAStream();
        var sender = new PieceSender(stream);
        var sent = new MemoryStream();
        foreach (var size in (int[])[5, 40, 65_536, 0, 41, PieceSender.PieceSize, PieceSender.PieceSize - 41, 3, 200_000, 1])
        {
            var part = new byte[size];
            random.NextBytes(part);
            sent.Write(part);
            await sender.Send(part, Cancellation);
        }

        await sender.Flush(Cancellation);

        Assert.Equal(sent.ToArray(), stream.Written.ToArray());
        Assert.All(stream.Sizes.SkipLast(1), static size => Assert.Equal(PieceSender.PieceSize, size));
        Assert.InRange(stream.Sizes[^1], 1, PieceSender.PieceSize);
        Assert.Equal(1, stream.Flushes);
    }

    [Fact]
    public async Task Flush_Nothing_WritesNothing()
    {
        var stream = new WritesOfAStream();
        await new PieceSender(stream).Flush(Cancellation);

        Assert.Empty(stream.Sizes);
        Assert.Equal(1, stream.Flushes);
    }

    private sealed class WritesOfAStream : MemoryStream
    {
        public MemoryStream Written => this;

        public List<int> Sizes { get; } = [];

        public int Flushes { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Sizes.Add(buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
