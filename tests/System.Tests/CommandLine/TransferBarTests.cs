using OrleansTasks.Cli.Files;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>The line that says how far a transfer of files is.</summary>
public sealed class TransferBarTests
{
    private readonly SetTime time = new();
    private readonly StringWriter errors = new();

    [Theory]
    [InlineData(1_048_576, 4_194_304, "otask: sending 1 MiB of 4 MiB, 25%, 512 KiB/s, 0:00:06 left")]
    [InlineData(4_194_304, 4_194_304, "otask: sending 4 MiB of 4 MiB, 100%, 2 MiB/s, 0:00:00 left")]
    [InlineData(2_048, 0, "otask: sending 2 KiB, 1 KiB/s")]
    [InlineData(0, 10, "otask: sending 0 B of 10 B, 0%, 0 B/s, 0:00:00 left")]
    public void Line_SaysHowFarATransferIs(long done, long total, string line) =>
        Assert.Equal(line, TransferBar.LineOf("sending", done, total, TimeSpan.FromSeconds(2)));

    [Fact]
    public async Task Bar_OfATransferOverASecond_AppearsOftenEnoughAndGoes()
    {
        using var bar = new TransferBar(errors, "receiving", time);
        bar.Expect(400);
        await using var counted = new CountedStream(new MemoryStream(), bar);

        time.Advance(TimeSpan.FromSeconds(0.9));
        await counted.WriteAsync(new byte[100], TestContext.Current.CancellationToken);
        Assert.Equal("", errors.ToString());
        time.Advance(TimeSpan.FromSeconds(0.1));
        await counted.WriteAsync(new byte[100], TestContext.Current.CancellationToken);
        Assert.Equal("\rotask: receiving 200 B of 400 B, 50%, 200 B/s, 0:00:01 left\u001b[K", errors.ToString());
        time.Advance(TimeSpan.FromSeconds(0.1));
        counted.Write(new byte[100]);
        Assert.Single(errors.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries));
        time.Advance(TimeSpan.FromSeconds(0.1));
        counted.Write(new byte[100]);
        bar.Dispose();

        var written = errors.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["otask: receiving 400 B of 400 B, 100%, 333 B/s, 0:00:00 left\u001b[K", "\u001b[K"], written[1..]);
    }

    [Fact]
    public void Bar_OfAShortTransfer_WritesNothing()
    {
        using (var bar = new TransferBar(errors, "sending", time))
            bar.Add(1_000);

        Assert.Equal("", errors.ToString());
    }

    [Fact]
    public async Task Bar_ReadingAStream_CountsWhatIsRead()
    {
        using var bar = new TransferBar(errors, "sending", time);
        await using var counted = new CountedStream(new MemoryStream(new byte[300]), bar);
        Assert.Equal((300, true), (counted.Length, counted.CanSeek));
        time.Advance(TimeSpan.FromSeconds(1));

        await counted.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);

        Assert.StartsWith("\rotask: sending 300 B, 300 B/s", errors.ToString(), StringComparison.Ordinal);
    }

    private sealed class SetTime : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => ticks += by.Ticks;

        public override long GetTimestamp() => ticks;
    }
}
