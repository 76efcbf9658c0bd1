using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>The pipe of a command that writes much is made larger.</summary>
public sealed partial class ProcessHostWideTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const int UsualRoom = 64 * 1024;
    private const int GetRoom = 1032;

    [Fact]
    public async Task Output_OfMoreThan256Kibibytes_GetsAPipeOfOneMebibyteAndArrivesExactly()
    {
        var sink = new TakingSink();
        var running = fixture.Host.Start(HostFixture.Shell("seq 1 200000; echo done; sleep 60") with { Output = sink });
        await sink.Collected.SeesAsync("done\n");

        Assert.Equal(1024 * 1024, RoomOf(running));
        Assert.Equal(string.Concat(Enumerable.Range(1, 200_000).Select(static line => $"{line}\n")) + "done\n", sink.Collected.OutputText);
        Assert.False(sink.Collected.GapFound);
        running.KillNow();
        await running.Completion;
    }

    [Theory]
    [InlineData(100_000, true)]
    [InlineData(1_000_000, false)]
    public async Task Output_OfLessOrForASinkThatTakesLines_KeepsItsPipe(int bytes, bool takesMuch)
    {
        var taking = new TakingSink();
        IOutputSink sink = takesMuch ? taking : taking.Collected;
        var running = fixture.Host.Start(HostFixture.Shell($"head -c {bytes} /dev/zero; echo done; sleep 60") with { Output = sink });
        await taking.Collected.SeesAsync("done\n");

        Assert.Equal(UsualRoom, RoomOf(running));
        running.KillNow();
        await running.Completion;
    }

    [Fact]
    public async Task Output_LeftInAWidePipeAtTheEnd_ArrivesExactly()
    {
        var sink = new TakingSink();
        var outcome = await fixture.RunAsync(HostFixture.Shell("seq 1 200000; seq 1 50000") with { Output = sink });

        Assert.Equal(outcome.StandardOutput.WrittenBytes, sink.Collected.Output.Length);
        Assert.EndsWith("\n49999\n50000\n", sink.Collected.OutputText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_OfAWidePipe_IsReadOnceAMillisecond()
    {
        const int much = 300_000;
        var sink = new TakingSink { CountsFrom = much };
        var began = Stopwatch.GetTimestamp();

        await fixture.RunAsync(HostFixture.Shell($"head -c {much} /dev/zero; i=0; "
            + "while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); j=0; while [ $j -lt 20 ]; do j=$((j+1)); done; done") with
        {
            Output = sink,
        });

        var milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        // Besides: the first one, what came while the command ended, and what was left in its pipe then.
        Assert.InRange(sink.Writes, 1, (int)milliseconds + 3);
        Assert.EndsWith("\n2998\n2999\n", sink.Collected.OutputText, StringComparison.Ordinal);
    }

    private static int RoomOf(IRunningProcess running)
    {
        // Opening it through the command gives another end of the same pipe.
        var pipe = open($"/proc/{running.ProcessId}/fd/1", 1);
        Assert.True(pipe >= 0, "The command's output cannot be opened.");
        try
        {
            return fcntl(pipe, GetRoom, 0);
        }
        finally
        {
            _ = close(pipe);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    private sealed class TakingSink : IOutputSink
    {
        public CollectingSink Collected { get; } = new();

        public long CountsFrom { get; init; }

        public int Writes { get; private set; }

        public bool TakesMuch => true;

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
            if (offset >= CountsFrom)
                Writes++;
            Collected.Write(stream, offset, bytes);
        }
    }
}
