using System.Diagnostics;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Many small writes are read together where nobody waits for each of them.</summary>
public sealed class ProcessHostGatherTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const int Lines = 3_000;

    /// <summary>The first one, what came while the command ended, and what was left in its pipe then.</summary>
    private const int OwnReads = 3;

    [Fact]
    public async Task Output_OfASinkThatGathers_IsReadOnceAMillisecond()
    {
        var sink = new CountingSink();
        var began = Stopwatch.GetTimestamp();

        await fixture.RunAsync(HostFixture.Shell(
            $"i=0; while [ $i -lt {Lines} ]; do echo $i; i=$((i+1)); j=0; while [ $j -lt 20 ]; do j=$((j+1)); done; done") with
        {
            Output = sink,
        });

        var milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Assert.Equal(string.Concat(Enumerable.Range(0, Lines).Select(static line => $"{line}\n")), sink.Collected.OutputText);
        Assert.InRange(sink.Writes, 1, (int)milliseconds + OwnReads);
    }

    [Fact]
    public async Task Output_OfASinkThatGathers_ComesWhileTheCommandRuns()
    {
        var sink = new CountingSink();
        var running = fixture.Host.Start(HostFixture.Shell("echo first; sleep 0.1; echo second; sleep 60") with { Output = sink });

        await sink.Collected.SeesAsync("first\nsecond\n");

        Assert.False(running.Completion.IsCompleted);
        running.KillNow();
        Assert.Equal(ProcessEndReason.Killed, (await running.Completion).Reason);
    }

    private sealed class CountingSink : IOutputSink
    {
        public CollectingSink Collected { get; } = new();

        public int Writes { get; private set; }

        public bool Gathers => true;

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
            Writes++;
            Collected.Write(stream, offset, bytes);
        }
    }
}
