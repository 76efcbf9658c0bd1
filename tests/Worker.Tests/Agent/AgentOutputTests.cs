using System.Globalization;
using System.Text;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class AgentOutputTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Output_JustWithinSixteenKibibytes_IsInTheResultAlone()
    {
        // However long the machine takes, the command has not run for so long that its output is sent ahead.
        await using var fixture = await new AgentFixture(time: new ManualTime()).Started();
        fixture.Master.Send(fixture.Shell("head -c 16000 /dev/zero; head -c 384 /dev/zero >&2"));

        var result = await fixture.Master.NextResult();

        Assert.True(result.Inline);
        Assert.Equal((16000, 384), (result.Stdout.Length, result.Stderr.Length));
        Assert.False(fixture.Master.Written.TryRead(out _));
    }

    [Fact]
    public async Task Output_InTheResult_HasTheMarksOfBothStreams()
    {
        await using var fixture = await new AgentFixture().Started();
        var (gated, ready, go) = fixture.Gated();
        // Two arrivals for certain: the second stream is written only once the first one's bytes have been read.
        fixture.Master.Send(fixture.Shell("echo one; " + gated.Argv[2] + "; echo two >&2"));
        await fixture.Master.Written.ReadAsync(Cancellation);
        await fixture.WaitForFile(go);
        await File.WriteAllTextAsync(go, "\n", Cancellation);

        var result = await fixture.Master.NextResult();

        Assert.True(result.Inline, ready.ToString());
        var marks = ArrivalMarks.Parser.ParseFrom(result.Marks).Marks;
        Assert.Equal([(1u, 0L, 0L), (2u, 0L, 0L)], marks.Select(static mark => (mark.Stream, mark.Offset, mark.Line)));
        Assert.InRange(marks[1].At, marks[0].At, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        // The first mark went out with the first output, and comes first in the result as well. So does the second one
        // if the command takes long to end.
        var sent = fixture.Master.Marks.ToArray();
        Assert.Equal(0, sent[0].Offset);
        var early = sent.SelectMany(static chunk => ArrivalMarks.Parser.ParseFrom(chunk.Data).Marks).ToArray();
        Assert.NotEmpty(early);
        Assert.Equal(marks.Take(early.Length), early);
    }

    [Fact]
    public async Task Output_Large_SendsItsMarksWithoutAGap()
    {
        await using var fixture = await new AgentFixture().Started();
        fixture.Master.Send(fixture.Shell("for i in $(seq 40); do seq 1 2000; echo $i >&2; done"));

        var result = await fixture.Master.NextResult();

        Assert.False(result.Inline);
        Assert.True(result.Marks.IsEmpty);
        var bytes = new List<byte>();
        foreach (var chunk in fixture.Master.Marks)
        {
            Assert.Equal(bytes.Count, chunk.Offset);
            bytes.AddRange(chunk.Data.Span);
        }

        var marks = ArrivalMarks.Parser.ParseFrom(bytes.ToArray()).Marks;
        Assert.Contains(marks, static mark => mark is { Stream: 1, Offset: > 0 });
        Assert.Equal(marks.OrderBy(static mark => mark.At), marks);
        foreach (var stream in new uint[] { 1, 2 })
        {
            var offsets = marks.Where(mark => mark.Stream == stream).Select(static mark => mark.Offset).ToList();
            Assert.Equal(offsets.Order().Distinct(), offsets);
            Assert.Equal(0, offsets[0]);
        }
    }

    [Fact]
    public async Task Output_Large_IsStoredInOrderBeforeTheResult()
    {
        await using var fixture = await new AgentFixture().Started();
        var stored = new MemoryStream();
        var wrong = 0;
        fixture.Master.OnOutput = chunks =>
        {
            foreach (var chunk in chunks.Chunks)
            {
                wrong += chunk.Offset == stored.Length && chunk.Stream == 1 ? 0 : 1;
                chunk.Data.WriteTo(stored);
            }

            return Task.FromResult(new OutputAnswer { Stored = true });
        };
        fixture.Master.Send(fixture.Shell("seq 1 500000"));

        var result = await fixture.Master.NextResult();

        Assert.False(result.Inline);
        Assert.Equal(0, wrong);
        Assert.Equal((stored.Length, 0L, false), (result.StdoutBytes, result.StderrBytes, result.Truncated));
        var lines = Encoding.ASCII.GetString(stored.ToArray()).TrimEnd().Split('\n');
        Assert.Equal(500_000, lines.Length);
        Assert.All(lines.Index().Where(l => l.Index % 1000 == 0),
            l => Assert.Equal((l.Index + 1).ToString(CultureInfo.InvariantCulture), l.Item));
    }

    [Fact]
    public async Task Output_OfALongSmallWriter_IsSeenWhileItRunsAndInTheResult()
    {
        await using var fixture = await new AgentFixture().Started();
        var (gated, _, go) = fixture.Gated();
        var start = fixture.Shell("echo early; " + gated.Argv[2]);
        fixture.Master.Send(start);

        var chunk = Assert.Single((await fixture.Master.Written.ReadAsync(Cancellation)).Chunks);
        Assert.Equal((start.Lease, 0L, "early\n"), (chunk.Lease, chunk.Offset, chunk.Data.ToStringUtf8()));

        await fixture.WaitForFile(go);
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        var result = await fixture.Master.NextResult();
        Assert.True(result.Inline);
        Assert.Equal("early\n", result.Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Output_MasterDoesNotStore_CommandWaitsAndMemoryIsBounded()
    {
        // The answer is kept back for as long as the command takes to stand still.
        await using var fixture = await new AgentFixture(static options => options.CallTimeout = TimeSpan.FromMinutes(5)).Started();
        var stalled = new TaskCompletionSource<OutputAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sizes = new List<int>();
        fixture.Master.OnOutput = async chunks =>
        {
            sizes.Add(chunks.Chunks.Sum(static c => c.Data.Length));
            first.TrySetResult();
            return await stalled.Task;
        };
        var progress = Path.Combine(fixture.Folder, "progress");
        // 64 pieces of 256 KiB: it notes each piece that its pipe took.
        fixture.Master.Send(fixture.Shell(
            $"for i in $(seq 64); do head -c 262144 /dev/zero; echo $i >> {progress}; done"));
        await first.Task.WaitAsync(Cancellation);

        // As much as the messages and the attempt hold, which is 9 MiB, and a pipe of 1 MiB.
        Assert.InRange(await WrittenFile.StandsStill(progress, atLeast: 36), 36, 44);
        stalled.SetResult(new OutputAnswer { Stored = true });
        var result = await fixture.Master.NextResult();
        Assert.Equal(16 * 1024 * 1024, result.StdoutBytes);
        Assert.Equal(16 * 1024 * 1024, sizes.Sum());
        Assert.All(sizes, s => Assert.InRange(s, 1, 4 * 1024 * 1024 + 64 * 1024));
    }

    [Fact]
    public async Task Output_StoreFailsOnce_IsSentAgain()
    {
        await using var fixture = await new AgentFixture().Started();
        var calls = 0;
        fixture.Master.OnOutput = _ => ++calls == 1
            ? throw new IOException("broken")
            : Task.FromResult(new OutputAnswer { Stored = true });
        fixture.Master.Send(fixture.Shell("head -c 100000 /dev/zero"));

        var result = await fixture.Master.NextResult();

        Assert.Equal(100_000, result.StdoutBytes);
        // In one message or, where the machine held the command up for a moment, in two.
        var end = 0L;
        while (fixture.Master.Written.TryRead(out var message))
        {
            foreach (var chunk in message.Chunks)
            {
                Assert.Equal(end, chunk.Offset);
                end += chunk.Data.Length;
            }
        }

        Assert.Equal(100_000, end);
    }

    [Fact]
    public async Task Tail_CutWithinACharacterAndInvalidBytes_IsValidText()
    {
        await using var fixture = await new AgentFixture().Started();
        // 4096 bytes from the end lie within the second of 2049 two-byte characters and a lone byte.
        fixture.Master.Send(fixture.Shell("for i in $(seq 2049); do printf '\\303\\244'; done; printf '\\377'"));

        var tail = (await fixture.Master.NextResult()).Tail.ToStringUtf8();

        Assert.Equal(new string('ä', 2047) + "\uFFFD", tail);
    }
}
