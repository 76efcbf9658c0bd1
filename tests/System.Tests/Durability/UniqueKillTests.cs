using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Fifty callers at once submit a task with one unique key, while every process of the service is killed.
/// </summary>
public sealed class UniqueKillTests : DataFolders
{
    private const int Callers = 50;
    private const int Kills = 6;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Refuse_FiftyCallersOverKills_ExactlyOneTaskIsAcceptedForEachKey()
    {
        var service = await Service.Start(Data, "--slots", "0");
        var url = service.Url;
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                var key = $"key-{kill}";
                var callers = Enumerable.Range(0, Callers).Select(caller => Submit(url, key, $"{key}-{caller}", "refuse")).ToList();
                // The later the kill, the more callers have their answers.
                while (callers.Count(static caller => caller.IsCompleted) < kill * Callers / Kills)
                    await Task.WhenAny(callers.Where(static caller => !caller.IsCompleted)).WaitAsync(Limit);
                await service.KillAll();
                await service.DisposeAsync();
                service = await Service.Start(Data, "--slots", "0", "--http", $"127.0.0.1:{url.Port}");

                var answers = await Task.WhenAll(callers).WaitAsync(Limit);

                var tasks = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks?label=key={key}"))!["items"]!.AsArray();
                var id = Assert.Single(tasks)!["id"]!.GetValue<string>();
                Assert.Contains((202, id), answers);
                Assert.All(answers, answer => Assert.Contains(answer, new[] { (202, id), (409, id) }));
            }
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Replace_WhileATaskRuns_TheNextOneStartsWhenItHasEnded()
    {
        await using var service = await Service.Start(Data, "--slots", "4");
        var (_, first) = await Submit(service.Url, "k", "1", "replace", "sleep 600");
        await Until.Holds("the first one runs", Limit, async () => (string)(await service.Get(first))["state"]! == "running");

        var (_, second) = await Submit(service.Url, "k", "2", "replace", "sleep 600");
        var (_, third) = await Submit(service.Url, "k", "3", "replace", "echo third");

        Assert.Equal("succeeded", (string)(await service.Ended(third))["state"]!);
        foreach (var replaced in (string[])[first, second])
        {
            var task = await service.Ended(replaced);
            Assert.Equal(("cancelled", "replaced"), ((string)task["state"]!, (string)task["reason"]!));
        }

        var ended = (DateTimeOffset)(await service.Get(first))["endedAt"]!;
        Assert.True((DateTimeOffset)(await service.Get(third))["startedAt"]! >= ended);
    }

    [Fact]
    public async Task Join_AndDebounce_AnswerWithTheOneTaskThatRuns()
    {
        await using var service = await Service.Start(Data, "--slots", "4");
        var spec = new JsonObject
        {
            ["cmd"] = "echo one", ["debounce"] = "1s",
            ["unique"] = new JsonObject { ["key"] = "k", ["while"] = "queued", ["then"] = "join" },
        };

        using var first = await service.Post("/api/v1/tasks", spec.DeepClone());
        using var second = await service.Post("/api/v1/tasks", spec.DeepClone());

        Assert.Equal((202, 200), ((int)first.StatusCode, (int)second.StatusCode));
        var id = (string)JsonNode.Parse(await first.Content.ReadAsStringAsync())!["id"]!;
        Assert.Equal(id, (string)JsonNode.Parse(await second.Content.ReadAsStringAsync())!["id"]!);
        var task = await service.Ended(id);
        Assert.Equal("succeeded", (string)task["state"]!);
        Assert.True((DateTimeOffset)task["startedAt"]! - (DateTimeOffset)task["createdAt"]! >= TimeSpan.FromSeconds(1));
    }

    // Repeats the request until it is answered, as a client does.
    private static async Task<(int Status, string Task)> Submit(Uri url, string key, string caller, string then, string cmd = "true")
    {
        using var http = new HttpClient { BaseAddress = url };
        var body = new JsonObject
        {
            ["cmd"] = cmd, ["labels"] = new JsonObject { ["key"] = key },
            ["unique"] = new JsonObject { ["key"] = key, ["then"] = then },
        };
        (int Status, string Task)? answered = null;
        await Until.Holds($"the service answers the caller {caller}", Limit, async () =>
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tasks")
                {
                    Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
                };
                request.Headers.Add("Idempotency-Key", caller);
                using var answer = await http.SendAsync(request);
                var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
                if ((int)answer.StatusCode == 202 || (string?)json["code"] == "not-unique")
                    answered = ((int)answer.StatusCode, (string)(json["id"] ?? json["task"])!);
                else
                    Assert.True((int)answer.StatusCode is 409 or 429 or 503 or 504, $"{json}");
            }
            catch (HttpRequestException)
            {
                // The service is being killed, or not there yet.
            }

            return answered is not null;
        });
        return answered!.Value;
    }
}
