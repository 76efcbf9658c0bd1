using OrleansTasks.Storage.S3;

namespace OrleansTasks.Storage.Tests.S3;

public sealed class S3ContentTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 100).Select(static one => (byte)one)];

    [Fact]
    public async Task Read_WhenConnectionsBreak_GoesOnFromTheSameByte()
    {
        var opened = new List<long>();
        await using var content = new S3Content(at =>
        {
            opened.Add(at);
            return Task.FromResult<Stream?>(new BreakingStream(Bytes[(int)at..], breaksAfter: 30));
        }, new BreakingStream(Bytes[10..], breaksAfter: 30), 10, TimeProvider.System);
        using var read = new MemoryStream();

        await content.CopyToAsync(read, 7);

        Assert.Equal(Bytes[10..], read.ToArray());
        Assert.Equal([40, 70], opened);
    }

    [Fact]
    public async Task Read_WhenNothingComes_FailsAfterAFewTries()
    {
        var opened = 0;
        await using var content = new S3Content(_ =>
        {
            opened++;
            return Task.FromResult<Stream?>(new BreakingStream([1], breaksAfter: 0));
        }, new BreakingStream([1], breaksAfter: 0), 0, TimeProvider.System);

        await Assert.ThrowsAsync<IOException>(async () => await content.ReadExactlyAsync(new byte[10]));

        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task Read_OfAnObjectThatIsGone_Fails()
    {
        await using var content = new S3Content(
            static _ => Task.FromResult<Stream?>(null), new BreakingStream([1], breaksAfter: 0), 0,
            TimeProvider.System);

        await Assert.ThrowsAsync<IOException>(async () => await content.ReadExactlyAsync(new byte[10]));
    }

    [Fact]
    public async Task Read_ThatIsCancelled_IsNotTriedAgain()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await using var content = new S3Content(
            static _ => throw new InvalidOperationException("opened again"),
            new BreakingStream(Bytes, breaksAfter: 100), 0, TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await content.ReadExactlyAsync(new byte[10], cancelled.Token));
    }

    private sealed class BreakingStream(byte[] bytes, int breaksAfter) : ForwardStream
    {
        private int at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (at == breaksAfter && at < bytes.Length)
                throw new IOException("The connection broke.");
            var count = Math.Min(Math.Min(buffer.Length, breaksAfter - at), bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(buffer.Span);
            at += count;
            return ValueTask.FromResult(count);
        }
    }
}
