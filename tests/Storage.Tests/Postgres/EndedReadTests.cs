using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>A read ends with its caller, on the server too, and holds nobody up before.</summary>
[Trait("Needs", "postgres")]
public sealed class EndedReadTests : IDisposable
{
    private readonly PostgresTestDatabase data = new();

    private PostgresTaskStore Store => field ??= new PostgresTaskStore(data.Database);

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Cancelled_InTheMiddleOfAStatement_EndsAtOnce_AndItsConnectionIsUsedAgain()
    {
        for (var round = 0; round < 2 * data.Options.Connections; round++)
        {
            using var caller = new CancellationTokenSource();
            var read = await Begin(caller.Token);

            await caller.CancelAsync();
            // Nothing but the cancel ends it as early: the server itself ends statements after 10 s.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(5)));
        }

        Assert.Empty(await Store.List(TaskFilter.All with { Name = "none" }, null, 1));
        // The server learns of a cancel over a connection of its own, so the last statement may end a moment after its
        // caller has gone on.
        var began = TimeProvider.System.GetTimestamp();
        while (await CountActive() is var active && active > 0)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5), $"{active} statements go on");
        }

        Task<long> CountActive() => data.Database.Read(static session => session.First(
            new Query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' "
                + "AND datname = current_database()"),
            static row => row.Int64(0)));
    }

    [Fact]
    public async Task Scans_TakeTheirShareOfTheConnections_OtherReadsDoNotWait()
    {
        using var callers = new CancellationTokenSource();
        var share = PostgresDatabase.ScansOf(data.Options.Connections);
        var running = new List<Task<long>>();
        while (running.Count < share)
            running.Add(await Begin(callers.Token));
        var waits = Store.Summarize(TaskFilter.All, callers.Token);

        Assert.Empty(await Store.List(TaskFilter.All, null, 1));
        Assert.Null(await Store.Get(default));

        Assert.False(waits.IsCompleted);
        await callers.CancelAsync();
        foreach (var read in running)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
    }

    [Fact]
    public async Task EveryReadWithAToken_Cancelled_SaysSo()
    {
        var called = await CancelledReads.EndAll(typeof(ITaskStore), Store);
        Assert.Contains(nameof(ITaskStore.Histogram), called);
        await CancelledReads.EndAll(typeof(IJobStore), Store.Jobs);
        await CancelledReads.EndAll(typeof(IWorkflowStore), Store.Workflows);
        await CancelledReads.EndAll(typeof(IAuditStore), new SqlAuditStore(data.Database.Sql));
    }

    /// <summary>A read that takes an hour; the server has begun it.</summary>
    private async Task<Task<long>> Begin(CancellationToken cancellation)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = data.Database.Scan(async session =>
        {
            await session.First(new Query("SELECT 1"), static row => row.Int32(0));
            began.SetResult();
            await session.Run("SELECT pg_sleep(3600)");
            return 0L;
        }, cancellation);
        await began.Task;
        return read;
    }
}
