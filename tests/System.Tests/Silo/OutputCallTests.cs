using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>That output counts as stored once a sync has covered it, and not before.</summary>
public sealed class OutputCallTests : DataFolders
{
    private const int InputOutputError = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly LeaseRef Lease = new(
        new TaskId(0x0190_0000_0000_7000, 0x8000_0000_0000_0001), "default", 1, new LeaseToken(1, 2));

    // What happened, in its order: a sync that succeeded, with the length it covered, or an answer.
    private readonly ConcurrentQueue<string> happened = new();
    private readonly Channel<OutputChunks> messages = Channel.CreateUnbounded<OutputChunks>();
    private Action<SafeFileHandle> beforeSync = static _ => { };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stored_IsAnsweredAfterASyncThatCoversTheBytes()
    {
        using var store = Store();
        using var began = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        beforeSync = _ =>
        {
            began.Release();
            Assert.True(goOn.Wait(Patience));
        };
        var answers = Answers(store, count: 3);

        Send(0, "one ");
        Assert.True(await began.WaitAsync(Patience, Cancellation), "the first message was not synced");
        Send(4, "two ");
        Send(8, "three");
        // Written while the first sync lasts, which does not count for them.
        await Until13Bytes(store);
        Assert.Empty(happened);
        goOn.Release();
        Assert.True(await began.WaitAsync(Patience, Cancellation), "what came meanwhile was not synced");
        goOn.Release(2);
        await answers.WaitAsync(Patience, Cancellation);

        Assert.Equal(["synced 4", "stored", "synced 13", "stored", "stored"], happened);
    }

    [Fact]
    public async Task SyncFails_NothingIsStoredUntilItWasSentAgainAndSynced()
    {
        using var store = Store();
        var failed = false;
        beforeSync = file =>
        {
            if (failed)
                return;
            failed = true;
            // What the system has given up reads as nothing once its pages have left memory.
            RandomAccess.Write(file, new byte[RandomAccess.GetLength(file)], 0);
            throw new IOException("Input/output error", InputOutputError);
        };
        var first = Answers(store, count: 2);
        Send(0, "one ");
        Send(4, "two");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first.WaitAsync(Patience, Cancellation));
        Assert.Empty(happened);
        while (messages.Reader.TryRead(out _))
        {
        }

        var second = Answers(store, count: 2);
        Send(0, "one ");
        Send(4, "two");
        await second.WaitAsync(Patience, Cancellation);

        Assert.Equal(2, happened.Count(static what => what == "stored"));
        Assert.StartsWith("synced", happened.First(), StringComparison.Ordinal);
        Assert.Contains("synced 7", happened.SkipLast(1));
        Assert.Equal("one two", Encoding.UTF8.GetString(
            (await store.Read(Lease.Task, 1, Lease.Token, OutputStream.Stdout, 0, 100)).Span));
    }

    [Fact]
    public async Task SyncOfAnOlderStreamFails_WhatANewerOneHadWrittenIsNotStored()
    {
        using var store = Store();
        var intake = await Intake(store);
        var written = await intake.Append(Chunks(0, "one"));
        var repeated = await intake.Append(Chunks(0, "one"));
        beforeSync = static _ => throw new IOException("Input/output error", InputOutputError);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => intake.Sync(Lease, written[Lease]));
        beforeSync = static _ => { };

        await Assert.ThrowsAsync<StoreUnavailableException>(() => intake.Sync(Lease, repeated[Lease]));
        Assert.Empty(happened);
    }

    [Fact]
    public async Task DiskIsNearlyFull_OutputIsRefusedUntilThereIsRoom()
    {
        using var store = Store();
        var tasks = new MemoryTaskStore(TimeProvider.System);
        var intake = await Intake(store, tasks);
        await intake.Append(Chunks(0, "one"));
        tasks.Faults.LowSpace = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await intake.Append(Chunks(3, "two")));
        Assert.Equal(3, await store.Length(Lease.Task, 1, Lease.Token, OutputStream.Stdout));

        tasks.Faults.LowSpace = false;
        await intake.Append(Chunks(3, "two"));
        Assert.Equal(6, await store.Length(Lease.Task, 1, Lease.Token, OutputStream.Stdout));
    }

    private FileOutputStore Store() => new(In("output"), openFiles: 4, handle => Sync((SafeFileHandle)handle));

    private void Sync(SafeFileHandle file)
    {
        var covered = RandomAccess.GetLength(file);
        beforeSync(file);
        happened.Enqueue($"synced {covered}");
    }

    private static async Task<OutputIntake> Intake(FileOutputStore store, MemoryTaskStore? tasks = null) => new(
        store, await StoredAttempts.Running(Lease, store: tasks), TimeProvider.System, new SiloInstruments(), NullLogger<OutputIntake>.Instance);

    private Task Answers(FileOutputStore store, int count) => Task.Run(async () =>
    {
        var call = new OutputCall(await Intake(store), static _ => ValueTask.FromResult(true));
        await foreach (var answer in call.Answers(messages.Reader.ReadAllAsync(Cancellation), Cancellation))
        {
            happened.Enqueue(answer.Stored ? "stored" : "refused");
            if (--count == 0)
                break;
        }
    });

    private void Send(long offset, string text) => Assert.True(messages.Writer.TryWrite(Chunks(offset, text)));

    private static OutputChunks Chunks(long offset, string text) => new()
    {
        Chunks =
        {
            new OutputChunk { Lease = NodeMessages.ToLease(Lease), Stream = 1, Offset = offset, Data = ByteString.CopyFromUtf8(text) },
        },
    };

    private static Task Until13Bytes(FileOutputStore store) => Until.Holds("all three are written", Patience,
        async () => await store.Length(Lease.Task, 1, Lease.Token, OutputStream.Stdout) == 13);
}
