using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using OrleansTasks.AllInOne;
using OrleansTasks.ApiClient;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Docs;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Tasks that programs submit in transactions of their own, in the database of the service.</summary>
[Trait("Needs", "postgres")]
public sealed class TransactionTests(TransactionTests.Scene scene)
    : SceneTests(scene), IClassFixture<TransactionTests.Scene>, IAsyncLifetime
{
    private const string Page = "docs/transactions.md";
    private const string Database = "transactions";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Tests count the submissions, so none finds those of another test.</summary>
    public ValueTask InitializeAsync()
    {
        PostgresServer.Shared.Execute(Database, "DELETE FROM ot.submissions");
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Submit_InATransaction_RunsOnceAfterTheCommitAndNeverAfterARollback()
    {
        await using var program = await Connect(Database);
        await using var rolledBack = await program.BeginTransactionAsync(Cancellation);
        var never = await rolledBack.SubmitTaskAsync(new TaskSpec { Cmd = "true" }, Cancellation);
        await rolledBack.RollbackAsync(Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => rolledBack.SubmitTaskAsync(new TaskSpec { Cmd = "true" }, Cancellation));

        await using var transaction = await program.BeginTransactionAsync(Cancellation);
        var first = await transaction.SubmitTaskAsync(
            new TaskSpec
            {
                Cmd = "printf %s \"$GREETING\"", Queue = "shop", SecretEnv = new Dictionary<string, string> { ["GREETING"] = "größe" },
            },
            Cancellation);
        var second = await transaction.SubmitTaskAsync(
            new TaskSpec { Cmd = "printf second", Queue = "shop", After = [new TaskCondition(first)] }, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, (await Service.Http.GetAsync($"/api/v1/tasks/{first}", Cancellation)).StatusCode);
        await transaction.CommitAsync(Cancellation);

        await Until.Holds("both tasks exist", Limit, async () =>
            (await Service.Http.GetAsync($"/api/v1/tasks/{second}", Cancellation)).StatusCode == HttpStatusCode.OK);
        Assert.Equal("second", (string)(await Service.Ended(second))["output"]!["tail"]!);
        var ended = await Service.Ended(first);
        Assert.Equal("größe", (string)ended["output"]!["tail"]!);
        Assert.Null(ended["spec"]!["secretEnv"]);
        Assert.Equal(HttpStatusCode.NotFound, (await Service.Http.GetAsync($"/api/v1/tasks/{never}", Cancellation)).StatusCode);
        Assert.Equal(0L, await Count(program, "SELECT count(*) FROM ot.submissions"));
    }

    /// <summary>When a queue's home changes, or fails to take submissions, two silos may take the same ones.</summary>
    [Fact]
    public async Task Submissions_ThatTwoSilosTakeAtOnce_BecomeOneTaskEach()
    {
        const int count = 400;
        PostgresServer.Shared.CreateDatabase("twointakes");
        var connection = PostgresServer.Shared.ConnectionString("twointakes");
        var options = new AllInOneCommand().Parse(
            ["--data", Data, "--db", connection, "--grpc", "127.0.0.1:0", "--slots", "0"], static _ => null, TextWriter.Null)!.Value.Silo;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        SiloHost.AddSilo(builder.Services, options, In("worker"), endpoint: null);
        builder.Services.Remove(builder.Services.Single(static service => service.ImplementationType == typeof(SubmissionIntake)));
        using var silo = builder.Build();
        await silo.StartAsync(Cancellation);
        await using var program = await Connect("twointakes");
        await Run(program, $"SELECT ot.submit('{{\"cmd\":\"true\"}}') FROM generate_series(1, {count})");

        await using var database = await PostgresDatabase.Open(new PostgresStorageOptions { ConnectionString = connection }, TimeProvider.System);
        using var barrier = new Barrier(2);
        using var one = new PostgresSubmissionStore(database);
        using var two = new PostgresSubmissionStore(database);
        using var first = ActivatorUtilities.CreateInstance<SubmissionIntake>(silo.Services, new MeetingStore(one, barrier));
        using var second = ActivatorUtilities.CreateInstance<SubmissionIntake>(silo.Services, new MeetingStore(two, barrier));
        await Task.WhenAll(first.StartAsync(Cancellation), second.StartAsync(Cancellation));

        await Until.Holds("none waits", Limit, async () =>
            await Count(program, "SELECT count(*) FROM ot.submissions WHERE error IS NULL") == 0);
        await Task.WhenAll(first.StopAsync(Cancellation), second.StopAsync(Cancellation));
        Assert.Equal(0L, await Count(program, "SELECT count(*) FROM ot.submissions"));
        Assert.Equal(count, await Count(program, "SELECT count(*) FROM ot.tasks"));
        Assert.Equal(count, await Count(program, "SELECT count(DISTINCT id) FROM ot.tasks"));
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Submit_QueueFull_WaitsAndKeepsTheOrder()
    {
        using var made = await Service.Http.PutAsync(
            "/api/v1/queues/narrow", Json("""{"paused":true,"maxDepth":1}"""), Cancellation);
        Assert.True(made.IsSuccessStatusCode);
        await using var program = await Connect(Database);
        List<string> ids = [];
        await using (var transaction = await program.BeginTransactionAsync(Cancellation))
        {
            for (var i = 0; i < 4; i++)
                ids.Add(await transaction.SubmitTaskAsync(
                    new TaskSpec { Cmd = "true", Queue = "narrow", After = i == 0 ? [] : [new TaskCondition(ids[i - 1])] },
                    Cancellation));
            await transaction.CommitAsync(Cancellation);
        }

        await Until.Holds("the first task is accepted", Limit, async () =>
            await Count(program, "SELECT count(*) FROM ot.submissions") == 3);
        Assert.Equal(0L, await Count(program, "SELECT count(*) FROM ot.submissions WHERE error IS NOT NULL"));
        // Tasks of another queue do not wait for this one.
        await using (var transaction = await program.BeginTransactionAsync(Cancellation))
        {
            ids.Add(await transaction.SubmitTaskAsync(new TaskSpec { Cmd = "true" }, Cancellation));
            await transaction.CommitAsync(Cancellation);
        }

        await Until.Holds("the other queue's task exists", Limit, async () =>
            (await Service.Http.GetAsync($"/api/v1/tasks/{ids[^1]}", Cancellation)).IsSuccessStatusCode);
        using var resumed = await Service.Http.PutAsync("/api/v1/queues/narrow", Json("""{"paused":false}"""), Cancellation);
        await Until.Holds("all are accepted", Limit, async () => await Count(program, "SELECT count(*) FROM ot.submissions") == 0);
        foreach (var id in ids)
            Assert.Equal("succeeded", (string)(await Service.Ended(id))["state"]!);
    }

    [Fact]
    public async Task Submit_Refused_LeavesNoQueueBehind()
    {
        await using var program = await Connect(Database);
        // A parent in another queue does not count either.
        var elsewhere = await Service.Submit("true");
        (string Task, string Error)[] refused =
        [
            ("""{"cmd":"true","queue":"never1","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}""", "after[0]: the queue has no task"),
            ($$"""{"cmd":"true","queue":"never2","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33",{"task":"{{elsewhere}}"}]}""", "after[1]: the queue has no task"),
            ("""{"cmd":"true","queue":"never3","tags":[]}""", "tags"),
            ("""{"cmd":"true","queue":"never4","timeout":"x"}""", "timeout"),
        ];
        foreach (var (task, _) in refused)
            await Run(program, $"SELECT ot.submit('{task}'), ot.submit('{task}')");

        await Until.Holds("all are refused", Limit, async () =>
            await Count(program, "SELECT count(*) FROM ot.submissions WHERE error IS NOT NULL") == 2 * refused.Length);

        for (var i = 0; i < refused.Length; i++)
            Assert.Equal(2L, await Count(
                program, $"SELECT count(*) FROM ot.submissions WHERE queue = 'never{i + 1}' AND error LIKE '%{refused[i].Error}%'"));
        Assert.Equal(0L, await Count(program, "SELECT count(*) FROM ot.queues WHERE name LIKE 'never%'"));
        Assert.Equal(HttpStatusCode.NotFound, (await Service.Http.GetAsync("/api/v1/queues/never1", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Submit_InvalidTask_IsKeptWithItsErrorUntilAnOperatorCorrectsIt()
    {
        await using var program = await Connect(Database);
        await using var submit = new NpgsqlCommand("SELECT ot.submit('{\"cmd\":\"true\",\"prority\":3}')::text", program);
        var id = (string)(await submit.ExecuteScalarAsync(Cancellation))!;
        await Until.Holds("the task is refused", Limit, async () =>
            await Count(program, "SELECT count(*) FROM ot.submissions WHERE error IS NOT NULL") == 1);

        Assert.Equal(HttpStatusCode.NotFound, (await Service.Http.GetAsync($"/api/v1/tasks/{id}", Cancellation)).StatusCode);
        JsonArray? items = null;
        // The service rests between two looks at what needs attention.
        await Until.Holds("the refused task alone needs attention", Limit, async () =>
        {
            var found = await Service.Http.GetStringAsync("/api/v1/attention", Cancellation);
            items = JsonNode.Parse(found)!["items"]!.AsArray();
            return items.Count == 1 && (string?)items[0]!["code"] == "submissions-refused"
                && ((string)items[0]!["title"]!).Contains("priority", StringComparison.Ordinal);
        }, () => $"{items}");

        await Run(program, "UPDATE ot.submissions SET task = '{\"cmd\":\"true\",\"priority\":3}', error = NULL");
        await Until.Holds("the task exists", Limit, async () =>
            (await Service.Http.GetAsync($"/api/v1/tasks/{id}", Cancellation)).IsSuccessStatusCode);
        Assert.Equal("succeeded", (string)(await Service.Ended(id))["state"]!);
    }

    [Theory]
    [InlineData("ef")]
    [InlineData("npgsql")]
    public async Task Sample_StoresOrdersWithTheirTasks(string way)
    {
        await using var program = await Connect(Database);
        // Either sample makes it.
        await Run(program, "DROP TABLE IF EXISTS orders");
        var ended = await Finished.Run(
            BuiltPrograms.SampleTransactions, PostgresServer.Shared.ConnectionString(Database), way, "1", "3");
        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        var lines = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        await Until.Holds("all are accepted", Limit, async () => await Count(program, "SELECT count(*) FROM ot.submissions") == 0);
        foreach (var line in lines)
            Assert.Contains("is on its way", (string)(await Service.Ended(line.Split(' ')[^1]))["output"]!["tail"]!, StringComparison.Ordinal);
        Assert.Equal(3L, await Count(program, "SELECT count(*) FROM orders o JOIN ot.tasks t ON t.id = o.task"));
    }

    [Fact]
    public async Task Page_Sql_Runs()
    {
        PostgresServer.Shared.CreateDatabase("page");
        await using var store = await PostgresDatabase.Open(
            new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString("page") }, TimeProvider.System, Cancellation);
        await using var owner = await Connect("page");
        await Run(owner, "CREATE ROLE shop; CREATE TABLE orders (id bigint, item text)");
        foreach (var block in DocBlock.Read(Page).Blocks.Where(static block => block.Label == "sql"))
            await Run(owner, block.Text);
        await Run(owner, "INSERT INTO orders (id, item) VALUES (18, 'cup')");

        var rows = await new PostgresSubmissionStore(store).Read("shipping", Cancellation);
        Assert.Equal(["17", "18"], rows.Select(static row => (string)JsonNode.Parse(row.Task)!["argv"]![1]!));
        Assert.Equal(1L, await Count(owner, "SELECT count(*) FROM pg_proc WHERE oid = 'ot.submit'::regproc AND has_function_privilege('shop', oid, 'execute')"));
    }

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<NpgsqlConnection> Connect(string database)
    {
        var connection = new NpgsqlConnection(PostgresServer.Shared.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task<long> Count(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>The same store, except that the first page is passed on when another reader has its first page too.</summary>
    private sealed class MeetingStore(ISubmissionStore inner, Barrier barrier) : ISubmissionStore
    {
        private bool hasMet;

        public async Task<ImmutableArray<SubmissionRow>> Read(string queue, CancellationToken cancellation)
        {
            var page = await inner.Read(queue, cancellation);
            if (!hasMet)
                await Task.Run(() => barrier.SignalAndWait(Limit, cancellation), cancellation);
            hasMet = true;
            return page;
        }

        public Task<ImmutableArray<string>?> Wait(TimeSpan atMost, CancellationToken cancellation) => inner.Wait(atMost, cancellation);

        public Task<ImmutableArray<string>> Queues(CancellationToken cancellation) => inner.Queues(cancellation);

        public Task Refuse(TaskId id, string error) => inner.Refuse(id, error);

        public Task<SubmissionStatus> Status() => inner.Status();

        public Task<int> Prune(long refusedBefore, int limit) => inner.Prune(refusedBefore, limit);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static string NewDatabase()
    {
        PostgresServer.Shared.CreateDatabase(Database);
        return PostgresServer.Shared.ConnectionString(Database);
    }

    /// <summary>A service with a database of its own.</summary>
    public sealed class Scene() : ServiceScene("--slots", "2", "--db", NewDatabase());
}
