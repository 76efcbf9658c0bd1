using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>A read ends with its caller, and holds nobody up before.</summary>
public sealed class EndedReadTests : IDisposable
{
    private const string Endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Cancelled_InTheMiddleOfAStatement_EndsAtOnce_AndFreesItsPlace()
    {
        for (var round = 0; round < 3 * ReaderPool.Scans; round++)
        {
            using var caller = new CancellationTokenSource();
            var (read, began) = Begin(caller.Token);
            await began;

            await caller.CancelAsync();
            // Nothing but the cancel ends it: the statement has no end.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(5)));
        }

        Assert.Empty(await data.Store.List(TaskFilter.All with { Name = "none" }, null, 1));
    }

    [Fact]
    public async Task Cancelled_WhileItWaits_NeverBegins()
    {
        using var callers = new CancellationTokenSource();
        var running = await FillLane(callers.Token);
        using var caller = new CancellationTokenSource();
        var (read, began) = Begin(caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.False(began.IsCompleted);
        await End(callers, running);
    }

    [Fact]
    public async Task Scans_TakeEveryPlace_OtherReadsDoNotWait()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var write = queue.New();
        await queue.Commit(write);
        using var callers = new CancellationTokenSource();
        var running = await FillLane(callers.Token);

        Assert.Single(await data.Store.List(TaskFilter.All, null, 1));
        Assert.Single(await data.Store.LoadWaiting(queue.No, 9, long.MinValue, 10, default));
        Assert.NotNull(await data.Store.Get(write.Row.Id));

        Assert.DoesNotContain(running, static read => read.IsCompleted);
        await End(callers, running);
    }

    [Fact]
    public async Task Scan_RunsOnAThreadOfItsOwn_SoThatCallsHaveThoseOfThePool() =>
        Assert.False(await data.Database.Readers.Scan(static _ => Thread.CurrentThread.IsThreadPoolThread, default));

    [Fact]
    public async Task EveryReadWithAToken_Cancelled_SaysSo()
    {
        var called = await CancelledReads.EndAll(typeof(ITaskStore), data.Store);
        Assert.Contains(nameof(ITaskStore.Histogram), called);
        await CancelledReads.EndAll(typeof(IJobStore), data.Store.Jobs);
        await CancelledReads.EndAll(typeof(IWorkflowStore), data.Store.Workflows);
        await CancelledReads.EndAll(typeof(IAuditStore), new SqlAuditStore(data.Database.Sql));
    }

    private static async Task End(CancellationTokenSource callers, Task<long>[] running)
    {
        await callers.CancelAsync();
        foreach (var read in running)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    private async Task<Task<long>[]> FillLane(CancellationToken cancellation)
    {
        var reads = Enumerable.Range(0, ReaderPool.Scans).Select(_ => Begin(cancellation)).ToArray();
        foreach (var (_, began) in reads)
            await began;
        return [.. reads.Select(static one => one.Read)];
    }

    /// <summary>A read that does not end by itself.</summary>
    private (Task<long> Read, Task Began) Begin(CancellationToken cancellation)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = data.Database.Readers.Scan(session =>
        {
            began.SetResult();
            session.Get(Endless).Step();
            return 0L;
        }, cancellation);
        return (read, began.Task);
    }
}
