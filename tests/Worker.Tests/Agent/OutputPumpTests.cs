using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Whose output is taken, and when.</summary>
public sealed class OutputPumpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ScriptedMaster master = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MoreAttemptsThanAMessageHolds_WriteWithoutEnd_AllProgressEvenly()
    {
        const int attempts = 12;
        var state = StateOf(TimeProvider.System, attempts);
        using var pump = new OutputPump(state, NullLogger.Instance);
        var writers = Enumerable.Range(1, attempts).Select(number => new Writer(number, pump)).ToList();
        var stored = writers.ToDictionary(static writer => writer.TaskId, static _ => 0L);
        var apart = new List<long>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        master.OnOutput = message =>
        {
            foreach (var chunk in message.Chunks)
                stored[chunk.Lease.TaskId] += chunk.Data.Length;
            apart.Add(stored.Values.Max() - stored.Values.Min());
            if (apart.Count == 30)
                done.SetResult();
            // What is stored makes room, which each of them fills at once.
            writers.ForEach(static writer => writer.Fill());
            return Task.FromResult(new OutputAnswer { Stored = apart.Count < 30 });
        };
        writers.ForEach(static writer => writer.Fill());

        state.Session.Open(1);
        await done.Task.WaitAsync(Patience, Cancellation);

        Assert.True(stored.Values.Sum() >= 2 * attempts * pump.ChunkSize, "Too little was stored to tell.");
        Assert.All(apart, difference => Assert.InRange(difference, 0, pump.ChunkSize));
    }

    [Fact]
    public async Task StreamEnds_WhileAllThatWaitAreTooYoung_TheirOutputComesOnTheNext()
    {
        var clock = new ManualTime();
        var time = new WatchedTime(clock);
        var state = StateOf(time, slots: 2);
        using var pump = new OutputPump(state, NullLogger.Instance);
        var arrived = new TaskCompletionSource<OutputChunks>(TaskCreationOptions.RunContinuationsAsynchronously);
        master.OnOutput = message =>
        {
            arrived.TrySetResult(message);
            return Task.FromResult(new OutputAnswer { Stored = true });
        };
        state.Session.Open(1);
        // The tick that it asks for finds another one, which is too young.
        var over = new OutputBuffer(AgentFixture.LeaseOf(1), pump, clock.GetTimestamp());
        over.Write(StandardStream.Output, 0, "over"u8);
        await over.CompleteAsync(inline: true);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        var young = new OutputBuffer(AgentFixture.LeaseOf(2), pump, clock.GetTimestamp());
        young.Write(StandardStream.Output, 0, "young"u8);
        var armed = Channel.CreateUnbounded<TimeSpan>();
        time.Read = () =>
        {
            time.Read = static () => { };
            time.Armed = due => armed.Writer.TryWrite(due);
            state.Session.End(1);
            state.Session.Open(2);
        };

        clock.Advance(TimeSpan.FromMilliseconds(100));

        // Time goes on only as something waits for it: the pause after the stream that ended, then what asks for another look.
        var advancing = AdvanceAsync();
        var message = await arrived.Task.WaitAsync(Patience, Cancellation);
        armed.Writer.Complete();
        await advancing;
        var chunk = Assert.Single(message.Chunks);
        Assert.Equal("young", chunk.Data.ToStringUtf8());

        async Task AdvanceAsync()
        {
            await foreach (var due in armed.Reader.ReadAllAsync(Cancellation))
                clock.Advance(due < TimeSpan.FromSeconds(1) ? due : TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(113)]
    [InlineData(256)]
    public void AllSlotsWrite_WhatTheyKeepIsBounded(int slots)
    {
        using var pump = new OutputPump(StateOf(TimeProvider.System, slots), NullLogger.Instance);

        Assert.InRange(slots * (long)pump.MostKept, 1, 64 * 1024 * 1024);
        Assert.InRange(pump.MostKept, 4 * pump.ChunkSize, (OutputWindow.MostMessages + 1) * pump.ChunkSize);
    }

    [Fact]
    public async Task NothingIsAnswered_TenMebibytesAreOnTheirWay()
    {
        const int mebibyte = 1024 * 1024;
        var state = StateOf(TimeProvider.System, slots: 7);
        using var pump = new OutputPump(state, NullLogger.Instance);
        var writers = Enumerable.Range(1, 7).Select(number => new Writer(number, pump)).ToList();
        var sizes = new List<int>();
        var done = new TaskCompletionSource<int[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        master.OnOutputStream = (messages, _) => AnswerOne(messages);
        writers.ForEach(static writer => writer.Fill());

        state.Session.Open(1);
        var first = await done.Task.WaitAsync(Patience, Cancellation);

        // The fourth has the room of the first, which was answered.
        Assert.Equal([4 * mebibyte, 4 * mebibyte, 2 * mebibyte, 4 * mebibyte], first);

        async IAsyncEnumerable<OutputAnswer> AnswerOne(IAsyncEnumerable<OutputChunks> messages)
        {
            await foreach (var message in messages)
            {
                sizes.Add(message.Chunks.Sum(static chunk => chunk.Data.Length));
                if (sizes.Count == 3)
                    yield return new OutputAnswer { Stored = true };
                if (sizes.Count < 4)
                    continue;
                done.TrySetResult([.. sizes]);
                yield break;
            }
        }
    }

    /// <summary>The program that replaces this one sends what was sent, too: nobody knows whether it arrived.</summary>
    [Fact]
    public async Task Record_OutputIsSentButNotAcknowledged_HasItWithWhatWaits()
    {
        var state = StateOf(TimeProvider.System, slots: 1);
        using var pump = new OutputPump(state, NullLogger.Instance);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<OutputAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        master.OnOutput = _ =>
        {
            sent.TrySetResult();
            return answer.Task;
        };
        state.Session.Open(1);
        var output = new OutputBuffer(AgentFixture.LeaseOf(1), pump, 0);
        output.Write(StandardStream.Output, 0, "sent, "u8);
        await sent.Task.WaitAsync(Patience, Cancellation);
        output.Write(StandardStream.Output, 6, "waits"u8);

        var record = output.ToRecord(pump.Unacknowledged);

        Assert.Equal((0, "sent, waits"), (record.OutputOffset, record.Output.ToStringUtf8()));
        answer.SetResult(new OutputAnswer { Stored = true });
    }

    private AgentState StateOf(TimeProvider time, int slots) => new(
        new AgentOptions { NodeId = "w1", Slots = slots }, master, time, time,
        new AgentMachine(new Random(1), "one", static _ => { }, static () => throw new NotSupportedException(), static () => 0, static () => 0,
            static _ => { }));

    /// <summary>A command that writes as much as is read of it.</summary>
    private sealed class Writer(int number, OutputPump pump)
    {
        private static readonly byte[] Piece = new byte[64 * 1024];
        private readonly OutputBuffer output = new(AgentFixture.LeaseOf(number), pump, 0);
        private long offset;

        public string TaskId { get; } = AgentFixture.LeaseOf(number).TaskId;

        public void Fill()
        {
            for (; !output.IsFull; offset += Piece.Length)
                output.Write(StandardStream.Output, offset, Piece);
        }
    }
}
