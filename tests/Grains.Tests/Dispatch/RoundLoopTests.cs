using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a fault in one operation does to the others.</summary>
public sealed class RoundLoopTests : IRoundHost
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

    // What another owner writes meanwhile may not fit to what was read before, such as a schedule that was made anew.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_WhatWasReadDoesNotFitTogether_IsAFaultOnlyOfTheOwner(bool isReplaced)
    {
        using var instruments = new DispatchInstruments();
        var store = FailingReads.Of(new MemoryTaskStore(TimeProvider.System), isReplaced);

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => Begin(instruments, store));

        Assert.IsType(isReplaced ? typeof(StoreUnavailableException) : typeof(ArgumentException), fault);
    }

    private async Task<RoundLoop> Begin(DispatchInstruments instruments, ITaskStore? store = null)
    {
        var time = TimeProvider.System;
        // Nothing is sent: neither grains nor nodes are needed.
        var outbox = new Outbox(Key, null!, null!, new FeedSubscribers(), instruments, NullLogger.Instance);
        var rounds = new RoundLoop(
            Key,
            new DispatchStores(
                store ?? new MemoryTaskStore(time), new MemoryQueueStore(new MemoryResourceEventStore()),
                new CalendarBook(new MemoryCalendarStore()), new MemoryOutputStore(), new MemoryFileIndex()),
            new SeededRandomness(1), new DispatchOptions(), instruments, new RefusedWrites(time), time, NullLogger.Instance, outbox, this);
        await rounds.TryBegin(TestContext.Current.CancellationToken);
        return rounds;
    }

    Task IRoundHost.AskFleet(long known) => Task.CompletedTask;

    Task IRoundHost.AskNode(string node, long session) => Task.CompletedTask;

    Task IRoundHost.AskFolder(FolderLook look) => Task.CompletedTask;

    void IRoundHost.EndActivation() => hasEnded = true;

    // A store whose schedules do not fit together, perhaps because another owner has taken over since.
    public class FailingReads : DispatchProxy
    {
        private ITaskStore inner = null!;
        private bool isReplaced;

        public static ITaskStore Of(ITaskStore inner, bool isReplaced)
        {
            var store = Create<ITaskStore, FailingReads>();
            (((FailingReads)store).inner, ((FailingReads)store).isReplaced) = (inner, isReplaced);
            return store;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name != "get_Schedules")
                return targetMethod.Invoke(inner, args);
            if (isReplaced)
                inner.TakeEpoch(Key, null, CancellationToken.None).GetAwaiter().GetResult();
            throw new ArgumentException("An item with the same key has already been added.");
        }
    }
}
