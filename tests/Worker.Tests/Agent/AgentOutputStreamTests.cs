using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Several messages of output on their way, and what breaks between them.</summary>
public sealed class AgentOutputStreamTests
{
    private const int Size = 16 * 1024 * 1024;
    private const int OnTheirWay = OutputWindow.MostMessages;

    // Every line is another one, so that a piece that is missing, doubled or elsewhere shows.
    private static readonly string Lines = $"seq 1 3000000 | head -c {Size}";
    private static readonly byte[] Expected = Numbers();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_NotAnswered_AFewAreOnTheirWayAndNoMore()
    {
        // Answers are kept back for as long as the command takes to stand still.
        await using var fixture = await new AgentFixture(static options => options.CallTimeout = TimeSpan.FromMinutes(5)).Started();
        await using var script = new OutputScript(fixture.Master);
        var progress = Path.Combine(fixture.Folder, "progress");
        // 64 pieces of 256 KiB: it notes each piece that its pipe took.
        fixture.Master.Send(fixture.Shell($"for i in $(seq 64); do head -c 262144 /dev/zero; echo $i >> {progress}; done"));
        var stream = await script.Next();

        var sent = new List<OutputChunks>();
        while (sent.Count < OnTheirWay)
            sent.Add(await stream.Take());

        // As much as the messages and the attempt hold, which is 9 MiB, and a pipe of 1 MiB.
        var pieces = await WrittenFile.StandsStill(progress, atLeast: 36);
        Assert.Equal(0, stream.Arrived);
        Assert.InRange(pieces, 36, 44);
        stream.Answer(true);
        sent.Add(await stream.Take());
        await WrittenFile.StandsStill(progress, pieces);
        Assert.Equal(0, stream.Arrived);
        // A slow writer's messages have less than a chunk.
        Assert.InRange(sent.Skip(1).Sum(Bytes), 1, OnTheirWay * (1024 + 64) * 1024);
        for (var i = 0; i < OnTheirWay; i++)
            stream.Answer(true);
        await stream.AnswerAll();
        Assert.Equal(Size, (await fixture.Master.NextResult()).StdoutBytes);
    }

    [Fact]
    public async Task StreamBreaks_NextOneBeginsWithTheFirstThatWasNotAnswered()
    {
        await using var fixture = await new AgentFixture().Started();
        await using var script = new OutputScript(fixture.Master);
        fixture.Master.Send(fixture.Shell(Lines));
        var first = await script.Next();
        var stored = await first.Take();
        await first.Take();
        await first.Take();
        first.Answer(true);
        await first.Take();
        first.Break();

        var second = await script.Next();
        second.Keep(stored);
        await second.AnswerAll();

        var result = await fixture.Master.NextResult();
        Assert.Equal(Size, result.StdoutBytes);
        AssertWhole(second);
    }

    [Fact]
    public async Task RefusalInTheMiddle_LaterAnswersDoNotCountAndTheNextSessionRepeats()
    {
        await using var fixture = await new AgentFixture().Started();
        await using var script = new OutputScript(fixture.Master);
        fixture.Master.Send(fixture.Shell(Lines));
        var first = await script.Next();
        var stored = await first.Take();
        var refused = await first.Take();
        var later = await first.Take();
        Assert.Equal((1, 1, 1), (stored.Session, refused.Session, later.Session));
        first.Answer(true);
        first.Answer(false);
        first.Answer(true);

        var second = await script.Next();
        second.Keep(stored);
        await second.AnswerAll();

        Assert.Equal(Size, (await fixture.Master.NextResult()).StdoutBytes);
        AssertWhole(second);
        Assert.All(second.Kept.Skip(1), static message => Assert.Equal(2, message.Session));
    }

    [Fact]
    public async Task NoAnswerComes_StreamIsGivenUpAndGetsNothingMore()
    {
        // The second stream's answers may take their time: its silence begins anew at each, and the clock stands still by then.
        var clock = new ManualTime();
        var time = new WatchedTime(clock);
        await using var fixture = new AgentFixture(static options => options.CallTimeout = TimeSpan.FromSeconds(2), time);
        (fixture.Master.LeaseMs, fixture.Master.HeartbeatMs) = (3_600_000, 600_000);
        await fixture.Started();
        await using var script = new OutputScript(fixture.Master);
        fixture.Master.Send(fixture.Shell(Lines));
        var first = await script.Next();
        for (var i = 0; i < OnTheirWay; i++)
            await first.Take();

        var armed = Channel.CreateUnbounded<TimeSpan>();
        time.Armed = due => armed.Writer.TryWrite(due);
        clock.Advance(fixture.Options.CallTimeout);
        var next = script.Next();
        // Time goes on only as something waits for it: the pause after the stream that was given up.
        while (!next.IsCompleted)
        {
            if (armed.Reader.TryRead(out var due) && due < TimeSpan.FromSeconds(1))
                clock.Advance(due);
            else
                await Task.WhenAny(next, armed.Reader.WaitToReadAsync(Cancellation).AsTask());
        }

        var second = await next;
        await second.AnswerAll();

        Assert.Equal(Size, (await fixture.Master.NextResult()).StdoutBytes);
        AssertWhole(second);
        Assert.Equal(0, first.Arrived);
    }

    [Fact]
    public async Task IdleStream_IsKeptForTheNextOutput()
    {
        // However long the machine takes for a command, nothing of it is sent before its end.
        await using var fixture = await new AgentFixture(time: new ManualTime()).Started();
        await using var script = new OutputScript(fixture.Master);
        for (var i = 0; i < 2; i++)
        {
            fixture.Master.Send(fixture.Shell("head -c 100000 /dev/zero"));
            var stream = i == 0 ? await script.Next() : script.Last;
            Assert.Equal(100_000, Bytes(await stream.Take()));
            stream.Answer(true);
            Assert.Equal(100_000, (await fixture.Master.NextResult()).StdoutBytes);
        }

        Assert.Equal(1, script.Streams);
    }

    private static int Bytes(OutputChunks message) => message.Chunks.Sum(static c => c.Data.Length);

    /// <summary>What was stored, piece after piece, is what the command wrote.</summary>
    private static void AssertWhole(OutputScript.Stream stream)
    {
        var whole = new MemoryStream();
        foreach (var chunk in stream.Kept.SelectMany(static message => message.Chunks))
        {
            Assert.Equal(whole.Length, chunk.Offset);
            chunk.Data.WriteTo(whole);
        }

        Assert.Equal(Size, whole.Length);
        Assert.Equal(Size, Expected.AsSpan().CommonPrefixLength(whole.GetBuffer().AsSpan(0, Size)));
    }

    private static byte[] Numbers()
    {
        var numbers = new byte[Size];
        var length = 0;
        for (var number = 1; length < Size; number++)
        {
            var line = Encoding.ASCII.GetBytes($"{number}\n");
            var fits = Math.Min(line.Length, Size - length);
            line.AsSpan(0, fits).CopyTo(numbers.AsSpan(length));
            length += fits;
        }

        return numbers;
    }

    /// <summary>Takes the streams of a worker's output and does with each what a test says.</summary>
    private sealed class OutputScript : IAsyncDisposable
    {
        private readonly Channel<Stream> streams = Channel.CreateUnbounded<Stream>();
        private readonly CancellationTokenSource over = new();

        public OutputScript(ScriptedMaster master) => master.OnOutputStream = (messages, cancellation) =>
        {
            Streams++;
            Last = new Stream(messages);
            streams.Writer.TryWrite(Last);
            return Last.Answers(cancellation);
        };

        public int Streams { get; private set; }

        public Stream Last { get; private set; } = null!;

        public async Task<Stream> Next() => await streams.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public async ValueTask DisposeAsync()
        {
            await over.CancelAsync();
            over.Dispose();
        }

        internal sealed class Stream(IAsyncEnumerable<OutputChunks> messages)
        {
            private readonly Channel<OutputChunks> arrived = Channel.CreateUnbounded<OutputChunks>();
            private readonly Channel<OutputAnswer> answers = Channel.CreateUnbounded<OutputAnswer>();

            /// <summary>What counts as stored.</summary>
            public List<OutputChunks> Kept { get; } = [];

            /// <summary>How many messages are there and were not taken.</summary>
            public int Arrived => arrived.Reader.Count;

            public void Keep(OutputChunks message) => Kept.Add(message);

            public async Task<OutputChunks> Take() =>
                await arrived.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

            public void Answer(bool stored) => answers.Writer.TryWrite(new OutputAnswer { Stored = stored });

            public void Break() => answers.Writer.TryComplete(new IOException("broken"));

            /// <summary>Stores and answers everything until the command's last byte.</summary>
            public async Task AnswerAll()
            {
                long end;
                do
                {
                    var message = await Take();
                    Keep(message);
                    Answer(true);
                    end = message.Chunks[^1].Offset + message.Chunks[^1].Data.Length;
                }
                while (end < Size);
            }

            public async IAsyncEnumerable<OutputAnswer> Answers([EnumeratorCancellation] CancellationToken cancellation)
            {
                // It does not listen: only the worker's own end of it keeps messages from it.
                var reading = Read();
                await foreach (var answer in answers.Reader.ReadAllAsync(cancellation))
                    yield return answer;
                await reading;
            }

            private async Task Read()
            {
                try
                {
                    await foreach (var message in messages)
                    {
                        var copy = message.Clone();
                        foreach (var chunk in copy.Chunks)
                            chunk.Data = Google.Protobuf.ByteString.CopyFrom(chunk.Data.Span);
                        await arrived.Writer.WriteAsync(copy);
                    }
                }
                catch (OperationCanceledException)
                {
                    // It was given up.
                }
            }
        }
    }
}
