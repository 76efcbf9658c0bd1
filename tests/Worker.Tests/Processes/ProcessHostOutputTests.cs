using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProcessHostOutputTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Output_BothStreamsBinary_ArrivesExactly()
    {
        var file = Path.Combine(fixture.Root, "binary");
        var bytes = new byte[3_000_001];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(file, bytes);
        var sink = new CollectingSink();

        var outcome = await fixture.RunAsync(HostFixture.Shell($"cat {file}; head -c 100000 {file} >&2") with
        {
            Output = sink,
        });

        Assert.False(sink.GapFound);
        Assert.Equal(bytes, sink.Output);
        Assert.Equal(bytes[..100_000], sink.Errors);
        Assert.Equal(bytes.Length, outcome.StandardOutput.KeptBytes);
        Assert.Equal(bytes[..StreamCapture.HeadLimit], outcome.StandardOutput.Head.ToArray());
        Assert.Equal(bytes[^StreamCapture.TailLimit..], outcome.StandardOutput.Tail.ToArray());
        Assert.Equal(bytes[(100_000 - StreamCapture.TailLimit)..100_000], outcome.StandardError.Tail.ToArray());
        Assert.False(outcome.Truncated);
    }

    [Fact]
    public async Task Output_OneLongLine_ArrivesExactly()
    {
        var sink = new CollectingSink();

        await fixture.RunAsync(HostFixture.Shell("head -c 1048576 /dev/zero | tr '\\0' x; echo") with
        {
            Output = sink,
        });

        Assert.Equal(new string('x', 1048576) + "\n", sink.OutputText);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(5, 10)]
    [InlineData(10, 10)]
    [InlineData(5, 6000)]
    [InlineData(5, 30_000)]
    [InlineData(16_384, 16_385)]
    [InlineData(16_384, 18_000)]
    [InlineData(20_000, 200_000)]
    public async Task Output_BeyondTheLimit_KeepsTheBeginningAndTheRealEnd(int limit, int written)
    {
        var file = Path.Combine(fixture.Root, $"text-{limit}-{written}");
        var bytes = new byte[written];
        new Random(written).NextBytes(bytes);
        await File.WriteAllBytesAsync(file, bytes);
        var sink = new CollectingSink();

        var outcome = await fixture.RunAsync(HostFixture.Shell($"cat {file}") with
        {
            Output = sink,
            MaxOutputBytes = limit,
        });

        var kept = Math.Min(limit, written);
        Assert.Equal(bytes[..kept], sink.Output);
        Assert.Equal(kept, outcome.StandardOutput.KeptBytes);
        Assert.Equal(written, outcome.StandardOutput.WrittenBytes);
        Assert.Equal(written > limit, outcome.Truncated);
        Assert.Equal(bytes[..Math.Min(kept, StreamCapture.HeadLimit)], outcome.StandardOutput.Head.ToArray());
        Assert.Equal(bytes[^Math.Min(written, StreamCapture.TailLimit)..], outcome.StandardOutput.Tail.ToArray());
    }

    [Fact]
    public async Task Output_WhileRunning_ReachesTheSink()
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Shell("echo first; sleep 60") with { Output = sink });

        await sink.SeesAsync("first\n");

        Assert.False(running.Completion.IsCompleted);
        running.KillNow();
        Assert.Equal(ProcessEndReason.Killed, (await running.Completion).Reason);
    }

    [Fact]
    public async Task Output_SinkThrows_IsReportedAndTheCommandGoesOn()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("echo one; echo two") with
        {
            Output = new FailingSink(),
        });

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("full", outcome.SinkFailure?.Message);
        Assert.Equal("one\ntwo\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Output_SomebodyElseReadsIt_DelaysNoOtherCommand()
    {
        var (wanted, written) = (Path.Combine(fixture.Root, "wanted"), Path.Combine(fixture.Root, "written"));
        await using var host = new ProcessHost(
            new() { WorkFolderRoot = fixture.Root, SpawnThreads = 1 }, TimeProvider.System);
        var sink = new StealingSink(wanted, written);
        var running = host.Start(HostFixture.Shell(
            $"echo first; while [ ! -e {wanted} ]; do sleep 0.01; done; "
            + $"echo out; echo err >&2; : > {written}; sleep 60") with
        {
            Output = sink,
        });
        sink.Command = running;
        await sink.Stolen.Task.WaitAsync(TimeSpan.FromMinutes(1));

        var other = await host.Start(HostFixture.Shell("true")).Completion.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, other.ExitCode);
        running.KillNow();
        await running.Completion;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(256 * 1024)]
    public async Task Input_Given_IsReadWhole(int length)
    {
        var input = Encoding.ASCII.GetBytes(new string('i', length));

        var outcome = await fixture.RunAsync(HostFixture.Shell("wc -c") with { Input = input });

        Assert.Equal($"{length}\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Input_NotRead_DisturbsNobody()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("exit 3") with { Input = new byte[200_000] });

        Assert.Equal(3, outcome.ExitCode);
    }

    [Fact]
    public async Task Input_None_IsEmpty()
    {
        Assert.Equal("0\n", HostFixture.Text((await fixture.RunAsync("wc -c")).StandardOutput));
    }

    /// <summary>
    /// Holds the loop until both of the command's streams are readable, so that one wait of the loop reports both.
    /// While the loop hands over one of them, this reads all of the other, as the command itself could.
    /// </summary>
    private sealed class StealingSink(string wanted, string written) : IOutputSink
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
        private int writes;

        public IRunningProcess? Command { get; set; }

        public TaskCompletionSource Stolen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
            writes++;
            if (writes == 1)
            {
                Assert.True(SpinWait.SpinUntil(() => Command is not null, Limit));
                File.WriteAllText(wanted, "");
                Assert.True(SpinWait.SpinUntil(() => File.Exists(written), Limit));
            }
            else if (writes == 2)
            {
                var other = stream == StandardStream.Output ? 2 : 1;
                using var pipe = new FileStream(
                    $"/proc/{Command!.ProcessId}/fd/{other}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
                pipe.ReadExactly(new byte["out\n".Length]);
                Stolen.SetResult();
            }
        }
    }

    private sealed class FailingSink : IOutputSink
    {
        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes) => throw new IOException("full");
    }
}
