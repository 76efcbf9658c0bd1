using Npgsql;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Tests.Postgres;
using static OrleansTasks.Storage.Tests.Postgres.FaultProxy;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Commits whose connection is cut, whose server process is killed, or that are held up on their way.</summary>
[Trait("Needs", "postgres")]
public sealed class CommitFaultTests : IDisposable
{
    private readonly FaultProxy proxy = new(PostgresServer.Shared.Port);
    private readonly PostgresTestDatabase data;

    public CommitFaultTests() => data = new PostgresTestDatabase(options => options.ConnectionString =
        new NpgsqlConnectionStringBuilder(options.ConnectionString) { Port = proxy.Port, SslMode = SslMode.Disable }.ConnectionString);

    private PostgresTaskStore Store => field ??= new PostgresTaskStore(data.Database);

    public void Dispose()
    {
        proxy.Release();
        data.Dispose();
        proxy.Dispose();
    }

    [Fact]
    public async Task Commit_IsOneRoundTrip()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        // What made the schema looks like commits.
        var before = proxy.Commits;
        for (var i = 0; i < 5; i++)
            await queue.Commit(queue.New(), queue.New());
        Assert.Equal(5, proxy.Commits - before);
    }

    [Theory]
    [InlineData((int)Fault.CutBeforeCommit, false)]
    [InlineData((int)Fault.CutAfterCommit, true)]
    public async Task Commit_ConnectionIsCut_IsUnknownAndTakeEpochTells(int fault, bool lands)
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        await queue.Commit(queue.New());
        var write = queue.New();
        var plan = queue.Plan([write]);
        proxy.Arm((Fault)fault);

        var result = await Store.Commit(plan);

        Assert.Equal(CommitOutcome.Unknown, result.Outcome);
        await proxy.Reached;
        Assert.Equal(StoreHealth.Failing, Store.Health);
        var found = await Store.TakeEpoch(queue.Name, plan.Epoch, default);
        Assert.Equal((true, plan.Sequence + (lands ? 1 : 0)), (found.Taken, found.Sequence));
        Assert.Equal(lands, await Store.Get(write.Row.Id) is not null);
        // The writer has a new connection.
        queue.Owned = found;
        await queue.Commit(queue.New());
        Assert.Equal(StoreHealth.Healthy, Store.Health);
    }

    [Fact]
    public async Task Commit_HeldUpWhileAnotherOwnerTakesOver_IsFencedAndWritesNothing()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        await queue.Commit(queue.New());
        await using var elsewhere = await PostgresDatabase.Open(
            new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString(data.Name) }, data.Clock);
        var write = queue.New();
        proxy.Arm(Fault.Hold);
        var commit = Store.Commit(queue.Plan([write]));
        await proxy.Reached;

        // What the server has of the commit may hold the row: then this waits for the end of the commit.
        var taking = new PostgresTaskStore(elsewhere).TakeEpoch(queue.Name, null, default);
        proxy.Release();
        var (result, taken) = (await commit, await taking);

        var hasLanded = await Store.Get(write.Row.Id) is not null;
        Assert.Equal(hasLanded ? CommitOutcome.Committed : CommitOutcome.Fenced, result.Outcome);
        Assert.Equal(hasLanded ? 2 : 1, taken.Sequence);
    }

    [Fact]
    public async Task Commit_RowIsLockedForLong_FailsAndWritesNothing()
    {
        data.Options.LockTimeout = TimeSpan.FromMilliseconds(200);
        var queue = await TestQueue.Take(Store, data.Clock);
        var write = queue.New();
        await using (var other = new NpgsqlConnection(PostgresServer.Shared.ConnectionString(data.Name) + ";Pooling=false"))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await using var holds = new NpgsqlCommand("BEGIN; SELECT no FROM ot.queues FOR UPDATE", other);
            await holds.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            Assert.Equal(CommitOutcome.Failed, (await Store.Commit(queue.Plan([write]))).Outcome);
        }

        Assert.Null(await Store.Get(write.Row.Id));
        await queue.Commit(write);
    }

    [Fact]
    public async Task Commits_WhileServerProcessesAreKilled_AreKnownOrResolved()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        var stored = new List<TaskId>();
        var missing = new List<TaskId>();
        var (kills, troubles) = (0, 0);
        for (var i = 0; i < 60; i++)
        {
            var write = queue.New();
            var plan = queue.Plan([write]);
            var commit = Store.Commit(plan);
            if (i % 3 == 0)
            {
                data.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
                kills++;
            }

            var outcome = (await commit).Outcome;
            var landed = outcome == CommitOutcome.Committed;
            if (landed)
                queue.Owned = queue.Owned with { Sequence = plan.Sequence + 1 };
            else
            {
                Assert.Contains(outcome, new[] { CommitOutcome.Unknown, CommitOutcome.Failed });
                troubles++;
                queue.Owned = await Resolve(plan);
                landed = queue.Owned.Sequence == plan.Sequence + 1;
                Assert.False(landed && outcome == CommitOutcome.Failed, "A commit that failed is there.");
            }

            (landed ? stored : missing).Add(write.Row.Id);
        }

        Assert.True(kills > 0 && troubles > 0, $"{kills} kills made {troubles} troubles: this tests nothing.");
        Assert.Equal(stored.Order(), (await Store.Match(TaskFilter.All, null, 1000)).Select(static match => match.Id));
        Assert.Equal(stored.Count, (await Store.ReadEvents(queue.Name, 0, 1000)).Length);
        foreach (var id in missing)
            Assert.Null(await Store.Get(id));
    }

    private async Task<QueueOwnership> Resolve(QueueCommit plan)
    {
        while (true)
        {
            try
            {
                var taken = await Store.TakeEpoch("default", null, default);
                Assert.InRange(taken.Sequence, plan.Sequence, plan.Sequence + 1);
                return taken;
            }
            catch (Exception e) when (e is StoreUnavailableException or OutcomeUnknownException)
            {
                // The connection was killed, too.
            }
        }
    }
}
