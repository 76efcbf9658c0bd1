using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a fault in one operation does to the others.</summary>
public sealed class RoundLoopTests
{
    private static readonly string Key = QueueSettings.DefaultQueue;
    private bool hasEnded;

    [Fact]
    public async Task Read_WhoseAnswerFails_FailsItsCallerAlone()
    {
        using var instruments = new DispatchInstruments();
        var rounds = await Begin(instruments);

        var failing = rounds.Enqueue(new ReadOperation<int>(static (_, _) => throw new ArgumentOutOfRangeException("time")));
        var others = Enumerable.Range(0, 3).Select(_ => rounds.Enqueue(new ReadOperation<int>(static (core, _) => core.Status.Queued))).ToArray();

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.All(await Task.WhenAll(others), static queued => Assert.Equal(0, queued));
        Assert.Equal(0, await rounds.Enqueue(new ReadOperation<int>(static (core, _) => core.Status.Queued)));
        Assert.Equal((false, false), (rounds.IsPoisoned, hasEnded));
    }

    private async Task<RoundLoop> Begin(DispatchInstruments instruments)
    {
        var time = TimeProvider.System;
        // Nothing is sent: neither grains nor nodes are needed.
        var outbox = new Outbox(Key, null!, null!, new FeedSubscribers(), instruments, NullLogger.Instance);
        var rounds = new RoundLoop(
            Key, new MemoryTaskStore(time), new MemoryQueueStore(new MemoryResourceEventStore()), new CalendarBook(new MemoryCalendarStore()),
            new MemoryOutputStore(), new MemoryFileIndex(),
            new SeededRandomness(1), new DispatchOptions(), instruments, new RefusedWrites(time), time, NullLogger.Instance, outbox,
            static _ => Task.CompletedTask, static (_, _) => Task.CompletedTask, static _ => Task.CompletedTask, () => hasEnded = true);
        await rounds.TryBegin(TestContext.Current.CancellationToken);
        return rounds;
    }
}
