using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Tests.Sqlite;

public sealed class WritingTests : IDisposable
{
    private readonly TestDatabase data = new(o =>
    {
        o.BusyTimeout = TimeSpan.FromMilliseconds(20);
        o.CheckpointBytes = 1 << 20;
        o.EventRecordsKept = 10;
        o.TransitionsKept = 1000;
    });

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Commit_WhileAnotherProcessWrites_FailsAndRecovers()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var write = queue.New();
        using (var other = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
        {
            other.Execute("BEGIN IMMEDIATE");
            var result = await queue.TryCommit(queue.Plan([write]));
            Assert.Equal(CommitOutcome.Failed, result.Outcome);
            Assert.Contains("Another process has locked the database", result.Detail, StringComparison.Ordinal);
            Assert.Equal(StoreHealth.Failing, data.Store.Health);
            await Assert.ThrowsAsync<StoreUnavailableException>(
                () => data.Store.TakeEpoch(queue.Name, null, default));
            Assert.Null(await data.Store.Get(write.Row.Id));
            other.Execute("ROLLBACK");
        }

        await queue.Commit(write);
        Assert.Equal(StoreHealth.Healthy, data.Store.Health);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(50_000)]
    public async Task DropSecrets_NoFileKeepsTheirBytes(int length)
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var secret = new string('k', length) + "-not-to-be-found";
        var write = queue.New(s => s with { SecretEnv = TestRows.Bytes(secret) });
        await queue.Commit(write);
        Assert.True(IsInFiles("-not-to-be-found"));
        // Copied into the database file while the task runs. SQLite refuses that while the checkpointer does the same.
        using (var other = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(5)))
            Assert.True(SpinWait.SpinUntil(() => other.Checkpoint(CheckpointMode.Passive), TimeSpan.FromMinutes(1)));
        await queue.Commit(new TaskWrite { Row = write.Row.Running().Ended(), DropSecrets = true });
        Assert.True(SpinWait.SpinUntil(() => !IsInFiles("kkkkkkkk") && !IsInFiles("-not-to-be-found"), TimeSpan.FromMinutes(1)));
    }

    private bool IsInFiles(string text)
    {
        foreach (var path in Directory.EnumerateFiles(data.Options.Directory, "tasks.db*"))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // The log may be cut while it is read.
            var bytes = new byte[file.Length];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (bytes.AsSpan(0, read).IndexOf(TestRows.Bytes(text).Span) >= 0)
                return true;
        }

        return false;
    }

    [Fact]
    public async Task Commit_ManyCallersAtOnce_AllLand()
    {
        var queues = new List<TestQueue>();
        for (var i = 0; i < 16; i++)
            queues.Add(await TestQueue.Take(data.Store, data.Clock, $"q{i}"));
        await Task.WhenAll(queues.Select(p => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                await p.Commit(p.New(), p.New());
        })));
        Assert.Equal(1600, (await data.Store.Summarize(TaskFilter.All)).Total);
        Assert.All(await data.Store.EventPositions(), position => Assert.Equal(50, position.Last));
    }

    [Fact]
    public async Task Commit_MergedWithRefusedOnes_LandsAndTheyLeaveNothing()
    {
        var names = new[] { "known key", "stored id", "not stored", "broken", "old epoch", "fine", "fine too" };
        var queues = new List<TestQueue>();
        foreach (var name in names)
            queues.Add(await TestQueue.Take(data.Store, data.Clock, name));
        var key = new IdempotencyEntry(new byte[] { 1 }, default, default);
        var stored = queues[1].New();
        await queues[0].Commit(key, queues[0].New());
        await queues[1].Commit(stored);
        var (known, duplicate, missing) = (queues[0].New(), queues[1].New(), queues[2].New());
        var plans = new[]
        {
            queues[0].Plan([known], key),
            queues[1].Plan([duplicate, queues[1].New(
                s => s with { Id = stored.Row.Id }, r => r with { Id = stored.Row.Id })]),
            queues[2].Plan([missing, new TaskWrite { Row = queues[2].New().Row }]),
            queues[4].Plan([queues[4].New()]) with { Epoch = 0 },
            queues[5].Plan([queues[5].New()]),
            queues[6].Plan([queues[6].New()]),
        };

        var results = await Together(plans);
        Assert.Equal(
            [
                CommitOutcome.Refused, CommitOutcome.Refused, CommitOutcome.Refused, CommitOutcome.Fenced,
                CommitOutcome.Committed, CommitOutcome.Committed,
            ],
            results.Select(r => r.Outcome));
        foreach (var refused in new[] { known, duplicate, missing })
            Assert.Null(await data.Store.Get(refused.Row.Id));
        foreach (var queue in queues[..3])
            await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Commit_MergedWithOneThatCannotBeMade_Lands()
    {
        var a = await TestQueue.Take(data.Store, data.Clock, "a");
        var b = await TestQueue.Take(data.Store, data.Clock, "b");
        var results = await Together(
            a.Plan([a.New(), a.New(s => s with { Retry = null! })]), b.Plan([b.New()]), b.Plan(
                []) with { Sequence = 1 });
        Assert.Equal(
            [CommitOutcome.Refused, CommitOutcome.Committed, CommitOutcome.Committed], results.Select(r => r.Outcome));
        await a.Commit(a.New());
    }

    /// <summary>Commits that the writer finds waiting all at once.</summary>
    private async Task<CommitResult[]> Together(params QueueCommit[] plans)
    {
        var commits = new List<Task<CommitResult>>();
        // The writer may take the first job before it stands still.
        data.Database.Writer.Pause(() =>
        {
            _ = data.Database.Write(_ => 0);
            commits.AddRange(plans.Select(data.Store.Commit));
        });
        return await Task.WhenAll(commits);
    }

    [Fact]
    public async Task Commit_ThatCannotBeMade_IsRefusedAloneAndTheWriterGoesOn()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var broken = queue.New(s => s with { Retry = null! });
        Assert.Equal(CommitOutcome.Refused, (await queue.TryCommit(queue.Plan([broken]))).Outcome);
        await queue.Commit(queue.New());
        Assert.Equal(StoreHealth.Healthy, data.Store.Health);
    }

    [Fact]
    public async Task Log_UnderSteadyWriting_StaysBounded()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var spec = new byte[20_000];
        var log = new FileInfo(data.File + "-wal");
        var longest = 0L;
        for (var written = 0; written < 60 << 20; written += 10 * spec.Length)
        {
            await queue.Commit(
                [.. Enumerable.Range(0, 10).Select(_ => queue.New(s => s with { Spec = spec }))]);
            log.Refresh();
            longest = Math.Max(longest, log.Length);
        }

        Assert.True(longest < 30 << 20, $"60 MiB were written through a log of 1 MiB, which grew to {longest} bytes.");
    }

    [Fact]
    public async Task TakeEpoch_CancelledWhileItWaits_ChangesNothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => data.Store.TakeEpoch("q", null, cancelled.Token));
        Assert.Empty(await data.Store.ListQueues());
    }

    [Fact]
    public async Task Commit_RowIsLargerThanTheDatabaseTakes_IsRefusedAndTheOthersLand()
    {
        var a = await TestQueue.Take(data.Store, data.Clock, "a");
        var b = await TestQueue.Take(data.Store, data.Clock, "b");
        // SQLite takes values of up to 1,000,000,000 bytes, and looks at the length first.
        var large = new IdempotencyEntry(new byte[16], new byte[1_000_000_001], default);
        var results = await Together(a.Plan([a.New()], large), b.Plan([b.New()]));
        Assert.Equal([CommitOutcome.Refused, CommitOutcome.Committed], results.Select(r => r.Outcome));
        await a.Commit(a.New());
    }

    [Fact]
    public async Task Dispose_FinishesWhatIsInLineAndRefusesTheRest()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var store = data.Store;
        var write = queue.New();
        var last = store.Commit(queue.Plan([write]));
        data.Database.Dispose();
        Assert.Equal(CommitOutcome.Committed, (await last).Outcome);
        Assert.Equal(CommitOutcome.Failed, (await store.Commit(queue.Plan([queue.New()]))).Outcome);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Get(write.Row.Id));
        data.Close();
        Assert.NotNull(await data.Store.Get(write.Row.Id));
    }

    [Fact]
    public async Task Prune_Events_KeepsTheBoundsOfEachQueue()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        for (var i = 0; i < 25; i++)
            await queue.Commit(queue.New());
        await data.Store.Prune(0, 0, 100);
        Assert.Equal([new EventPosition(queue.Name, 16, 25)], await data.Store.EventPositions());
        var log = await data.Store.ReadEventLog(0, 100);
        Assert.Equal((15, 25, 16, 10), (log.Trimmed, log.Last, log.Records[0].Number, log.Records.Length));

        for (var i = 0; i < 4; i++)
            await queue.Commit([.. Enumerable.Range(0, 400).Select(_ => queue.New())]);
        await data.Store.Prune(0, 0, 100);
        Assert.Equal([new EventPosition(queue.Name, 27, 29)], await data.Store.EventPositions());
    }

    [Fact]
    public async Task Prune_KeepsTheDatabaseFileFromGrowing()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var sizes = new List<long>();
        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 10; i++)
                await queue.Commit(
                    [.. Enumerable.Range(0, 200).Select(_ => queue.New(row: r => r.Running().Ended()))]);
            while ((await data.Store.Prune(long.MaxValue, long.MaxValue, 500)).Length == 500)
            {
            }

            using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
            sizes.Add(connection.Scalar("PRAGMA page_count"));
        }

        Assert.True(sizes[^1] <= sizes[0] * 11 / 10, $"Pages after each round: {string.Join(' ', sizes)}.");
    }
}
