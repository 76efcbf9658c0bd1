using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Apart;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Unique keys through the gateways of a SQLite service, and of two silos that share a PostgreSQL database.</summary>
public sealed class UniqueCallersTests(SharedServices services) : DataFolders
{
    [Fact]
    public async Task FiftyCallers_OfOneService_AgreeOnOneTask()
    {
        // No other test of this service has unique keys in this queue.
        var callers = new UniqueCallers(await services.Idle);

        await callers.Refuse();
        await callers.Join();
        await callers.Replace();
    }

    [Fact, Trait("Needs", "postgres")]
    public async Task FiftyCallers_OfTwoGatewaysAndSilos_AgreeOnOneTask()
    {
        const string database = "uniquecallers";
        PostgresServer.Shared.CreateDatabase(database);
        await using var cluster = new ClusterRig(PostgresServer.Shared, In)
        {
            Database = PostgresServer.Shared.ConnectionString(database),
        };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var first = await cluster.StartGateway();
        await using var second = await cluster.StartGateway();
        await first.Submit("true");
        await cluster.Owner(second);
        var callers = new UniqueCallers(first, second);

        await callers.Refuse();
        await callers.Join();
        await callers.Replace();
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"a\\nunique 0 0 0 0 0 b\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\\ud800\"")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("TEN_KB")]
    public async Task OddKey_ThatIsNotAllowed_IsRefusedByItsPath(string key)
    {
        var service = await services.Idle;
        var text = key == "TEN_KB" ? $"\"{new string('k', 10_240)}\"" : key;

        using var answer = await service.Http.PostAsync("/api/v1/tasks", Json($$$"""{"cmd":"true","unique":{"key":{{{text}}}}}"""));

        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.True((int)answer.StatusCode is 400 or 422, $"{problem}");
    }

    [Fact]
    public async Task OddKeys_ThatAreAllowed_AreHeldOverAKill()
    {
        string[] keys =
        [
            " ", "  two spaces ", "a b c d e f g", "0 0 0 0 0 k", "\"'\\", "\u2028\u2029", "ü", "u\u0308", "😀", "\ufeff", "%00", "K", "k",
            new string('k', 256), string.Concat(Enumerable.Repeat("😀", 256)),
        ];
        var ids = new List<string>();
        await using (var service = await Service.Start(Data, "--slots", "0"))
        {
            foreach (var key in keys)
            {
                using var answer = await service.Post("/api/v1/tasks", Spec(key));
                Assert.Equal(202, (int)answer.StatusCode);
                ids.Add((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!);
            }

            await service.KillAll();
        }

        await using var next = await Service.Start(Data, "--slots", "0");
        foreach (var (id, key) in ids.Zip(keys))
        {
            using var answer = await next.Post("/api/v1/tasks", Spec(key));
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            Assert.Equal((409, "not-unique", id), ((int)answer.StatusCode, (string?)problem["code"], (string?)problem["task"]));
        }
    }

    private static JsonObject Spec(string key) => new() { ["cmd"] = "true", ["unique"] = new JsonObject { ["key"] = key } };

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
