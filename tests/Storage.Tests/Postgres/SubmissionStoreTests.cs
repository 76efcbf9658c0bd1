using Npgsql;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Tasks that programs submit in transactions of their own.</summary>
[Trait("Needs", "postgres")]
public sealed class SubmissionStoreTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private readonly PostgresTestDatabase data = new();

    private PostgresTaskStore Store => field ??= new PostgresTaskStore(data.Database);

    private PostgresSubmissionStore Submissions => field ??= new PostgresSubmissionStore(data.Database);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Submissions.Dispose();
        data.Dispose();
    }

    [Fact]
    public async Task Submit_RolledBack_LeavesNothing()
    {
        await using var program = await Connect();
        await using (var transaction = await program.BeginTransactionAsync(Cancellation))
        {
            await Submit(program, """{"cmd":"true"}""");
            Assert.Empty(await Submissions.Queues(Cancellation));
            await transaction.RollbackAsync(Cancellation);
        }

        Assert.Empty(await Submissions.Read("default", Cancellation));
        Assert.Equal(SubmissionStatus.None, await Submissions.Status());
    }

    [Fact]
    public async Task Submit_ManyInATransaction_AreReadInOrderWithTheirIdsAndTheirOwnText()
    {
        string[] texts = [.. Enumerable.Range(0, 300).Select(static i => $$"""{ "cmd": "echo {{i}}",  "queue":"q" }""")];
        List<TaskId> ids = [];
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await using var program = await Connect();
        await using (var transaction = await program.BeginTransactionAsync(Cancellation))
        {
            foreach (var text in texts)
                ids.Add(await Submit(program, text));
            await transaction.CommitAsync(Cancellation);
        }

        await Submit(program, """{"cmd":"true"}""");
        var page = await Submissions.Read("q", Cancellation);
        Assert.Equal(ids.Take(ISubmissionStore.PageSize), page.Select(static row => row.Id));
        Assert.Equal(texts.Take(ISubmissionStore.PageSize), page.Select(static row => TestRows.Text(row.Task)));
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(
            id.CreatedAt, before, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
        // The version and the variant of a UUID of version 7.
        Assert.All(ids, static id => Assert.Equal((7UL, 2UL), (id.High >> 12 & 15, id.Low >> 62)));
        Assert.Equal(["default", "q"], await Submissions.Queues(Cancellation));
        Assert.Equal(ids[0].CreatedAt, (await Submissions.Status()).WaitingSince);
    }

    [Fact]
    public async Task Wait_OthersNotifyAllTheTime_StillLooksAtAll()
    {
        Assert.Null(await Submissions.Wait(Long, Cancellation));
        await using var program = await Connect();
        var began = TimeProvider.System.GetTimestamp();
        while (await Submissions.Wait(Short, Cancellation) is not null)
        {
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, Long);
            await Submit(program, """{"cmd":"true"}""");
        }
    }

    [Fact]
    public async Task Refuse_TextThatTheDatabaseCannotHold_IsStoredWithoutIt()
    {
        await using var program = await Connect();
        var id = await Submit(program, """{"cmd":"true"}""");

        await Submissions.Refuse(id, "half a pair: \ud83d, NUL: \0");

        Assert.Equal((1, "half a pair: \ufffd, NUL: \ufffd"), ((await Submissions.Status()).Refused, (await Submissions.Status()).LatestRefusal));
        Assert.Empty(await Submissions.Read("default", Cancellation));
    }

    [Fact]
    public async Task Read_LargeTasks_EndsThePageAtAboutAMebibyte()
    {
        await using var program = await Connect();
        var large = $$"""{"cmd":"true","stdin":"{{new string('x', 400_000)}}"}""";
        for (var i = 0; i < 5; i++)
            await Submit(program, large);
        Assert.Equal(3, (await Submissions.Read("default", Cancellation)).Length);
    }

    [Theory]
    [InlineData("[]", "22023")]
    [InlineData("7", "22023")]
    [InlineData(null, "22023")]
    [InlineData("""{"cmd":"true","queue":"No Queue"}""", "22023")]
    [InlineData("""{"cmd":"true","queue":""}""", "22023")]
    [InlineData("""{"cmd":""", "22P02")]
    [InlineData("large", "54000")]
    public async Task Submit_UnusableText_FailsInTheCallersTransaction(string? text, string state)
    {
        if (text == "large")
            text = $$"""{"cmd":"{{new string('x', 1 << 20)}}"}""";
        await using var program = await Connect();
        var fault = await Assert.ThrowsAsync<PostgresException>(() => Submit(program, text));
        Assert.Equal(state, fault.SqlState);
    }

    [Fact]
    public async Task Commit_OfTheTask_DeletesItsSubmission()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        await using var program = await Connect();
        var (taken, left) = (await Submit(program, """{"cmd":"true"}"""), await Submit(program, """{"cmd":"true"}"""));

        await queue.Commit(queue.New(task => task with { Id = taken, IsTransactional = true }), queue.New());

        Assert.Equal(left, Assert.Single(await Submissions.Read("default", Cancellation)).Id);
        Assert.NotNull(await Store.Get(taken));
    }

    [Fact]
    public async Task Commit_OfATaskWhoseSubmissionIsGone_IsRefusedAndStoresNothing()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        await using var program = await Connect();
        var id = await Submit(program, """{"cmd":"true"}""");
        data.Execute("DELETE FROM ot.submissions");

        var result = await queue.TryCommit(queue.Plan([queue.New(task => task with { Id = id, IsTransactional = true })]));

        Assert.Equal((CommitOutcome.Refused, "A submission of the commit was withdrawn."), (result.Outcome, result.Detail));
        Assert.Null(await Store.Get(id));
    }

    [Fact]
    public async Task Commit_OfAReplacedOwner_LeavesTheSubmission()
    {
        var queue = await TestQueue.Take(Store, data.Clock);
        await using var program = await Connect();
        var id = await Submit(program, """{"cmd":"true"}""");
        await Store.TakeEpoch("default", null, Cancellation);

        var result = await queue.TryCommit(queue.Plan([queue.New(task => task with { Id = id, IsTransactional = true })]));

        Assert.Equal(CommitOutcome.Fenced, result.Outcome);
        Assert.Equal(id, Assert.Single(await Submissions.Read("default", Cancellation)).Id);
    }

    [Fact]
    public async Task Refuse_KeepsTheSubmissionUntilRetentionOrUntilItIsMadeToWaitAgain()
    {
        await using var program = await Connect();
        var (first, second) = (await Submit(program, """{"cmd":1}"""), await Submit(program, """{"cmd":2}"""));
        await Submissions.Refuse(first, "cmd: must be a string");
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        await Submissions.Refuse(second, new string('x', 1_000));
        await Submissions.Refuse(first, "later");

        Assert.Empty(await Submissions.Read("default", Cancellation));
        Assert.Empty(await Submissions.Queues(Cancellation));
        Assert.Equal(new SubmissionStatus(2, new string('x', 200), null), await Submissions.Status());

        Assert.Equal(1, await Submissions.Prune(data.Clock.Now, 10));
        Assert.Equal(1, (await Submissions.Status()).Refused);
        data.Execute("UPDATE ot.submissions SET error = NULL");
        Assert.Equal(second, Assert.Single(await Submissions.Read("default", Cancellation)).Id);
        Assert.Equal(0, await Submissions.Prune(long.MaxValue, 10));
    }

    [Fact]
    public async Task Wait_Commit_TellsOfItsQueuesOnlyOnceItIsCommitted()
    {
        Assert.Null(await Submissions.Wait(Long, Cancellation));
        await using var program = await Connect();
        await using (var transaction = await program.BeginTransactionAsync(Cancellation))
        {
            await Submit(program, """{"cmd":"true","queue":"a"}""");
            Assert.Null(await Submissions.Wait(Short, Cancellation));
            await transaction.CommitAsync(Cancellation);
        }

        Assert.Equal(["a"], await Submissions.Wait(Long, Cancellation));
        await Run(program, "SET otask.notify = off");
        await Submit(program, """{"cmd":"true","queue":"b"}""");
        Assert.Null(await Submissions.Wait(Short, Cancellation));
        Assert.Equal(["a", "b"], await Submissions.Queues(Cancellation));
    }

    [Fact]
    public async Task Wait_OthersNotifyWithTextOfTheirOwn_IsNotKeptAndNamesNoQueue()
    {
        _ = data.Database;
        Assert.Null(await Submissions.Wait(Long, Cancellation));
        data.Execute("CREATE ROLE stranger LOGIN");
        try
        {
            await using var stranger = await Connect("stranger");
            await Run(stranger, "SELECT pg_notify('ot_submissions', lpad(i::text, 7900, 'x')) FROM generate_series(1, 2000) i");
            await Run(stranger, "NOTIFY ot_submissions, 'default'");

            var listed = 0;
            while (await Submissions.Wait(OneSecond, Cancellation) is { } queues)
            {
                listed++;
                Assert.Empty(queues);
            }

            // Not once for each: one statement takes in all that have arrived.
            Assert.InRange(listed, 1, 50);
        }
        finally
        {
            data.Execute("DROP ROLE stranger");
        }
    }

    [Fact]
    public async Task Wait_ConnectionCut_ListensAgainAndHasTheCallerLook()
    {
        Assert.Null(await Submissions.Wait(Long, Cancellation));
        data.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()");
        Assert.Null(await Submissions.Wait(Short, Cancellation));
        Assert.Null(await Submissions.Wait(Long, Cancellation));
        await using var program = await Connect();
        await Submit(program, """{"cmd":"true"}""");
        Assert.Equal(["default"], await Submissions.Wait(Long, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_NotificationEndsInTheMiddle_ListensAgainOnAnotherConnection(bool isCut)
    {
        _ = data.Database;
        using var proxy = new FaultProxy(PostgresServer.Shared.Port);
        var options = new PostgresStorageOptions
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(data.Options.ConnectionString) { Port = proxy.Port, SslMode = SslMode.Disable }
                .ConnectionString,
        };
        await using var behind = await PostgresDatabase.Open(options, TimeProvider.System, Cancellation);
        using var submissions = new PostgresSubmissionStore(behind);
        Assert.Null(await submissions.Wait(Long, Cancellation));
        proxy.Arm(FaultProxy.Fault.HalfNotification);
        await using var program = await Connect();
        await Submit(program, """{"cmd":"true"}""");
        var waiting = submissions.Wait(isCut ? Long : OneSecond, Cancellation);
        await proxy.Reached;
        if (isCut)
            proxy.Release();
        Assert.Null(await waiting);

        Assert.Null(await submissions.Wait(Long, Cancellation));
        await Submit(program, """{"cmd":"true"}""");
        Assert.Equal(["default"], await submissions.Wait(Long, Cancellation));
    }

    [Fact]
    public async Task Submit_RoleWithTheRightToTheFunctionAlone_SubmitsAndReadsNothing()
    {
        _ = data.Database;
        var role = "app" + Guid.NewGuid().ToString("N");
        data.Execute($"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA ot TO {role}");
        try
        {
            await using var program = await Connect(role);
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => Submit(program, """{"cmd":"true"}"""))).SqlState);
            data.Execute($"GRANT EXECUTE ON FUNCTION ot.submit TO {role}");
            var id = await Submit(program, """{"cmd":"true"}""");
            Assert.Equal(id, Assert.Single(await Submissions.Read("default", Cancellation)).Id);
            foreach (var table in (string[])["submissions", "tasks", "keys"])
                Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => Run(program, $"SELECT 1 FROM ot.{table}"))).SqlState);
            data.Execute($$"""DO 'BEGIN IF (SELECT role FROM ot.submissions) <> ''{{role}}'' THEN RAISE ''role''; END IF; END'""");
        }
        finally
        {
            data.Execute($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    private async Task<NpgsqlConnection> Connect(string role = "otask")
    {
        // The first use creates the schema.
        _ = data.Database;
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(data.Options.ConnectionString) { Pooling = false, Username = role }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task<TaskId> Submit(NpgsqlConnection program, string? text)
    {
        await using var command = new NpgsqlCommand("SELECT ot.submit($1::json)::text", program);
        command.Parameters.Add(new NpgsqlParameter { Value = text ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        Assert.True(TaskId.TryParse((string)(await command.ExecuteScalarAsync(Cancellation))!, out var id));
        return id;
    }

    private static async Task Run(NpgsqlConnection program, string sql)
    {
        await using var command = new NpgsqlCommand(sql, program);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
