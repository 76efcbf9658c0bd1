using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills every process of the service while deliveries come. Their sender, who got no answer, sends them again: each
/// starts exactly one run. By default three kills; <c>OTASK_TRIGGER_KILLS</c> sets another number.
/// </summary>
public sealed class TriggerKillTests : DataFolders
{
    private const string Secret = "a secret of some length";
    private const int AtOnce = 12;
    private static readonly int Kills = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_TRIGGER_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture,
        out var number) ? number : 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Kills_BetweenDeliveriesAndAnswers_StartEachRunOnce()
    {
        var ids = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        for (var kill = 0; kill <= Kills; kill++)
        {
            await using var service = await Service.Start(Data, "--lease", "8s");
            if (kill == 0)
                await Set(service);
            // What came before the kills comes again, beside what is new.
            var answered = 0;
            var round = kill;
            string[] names = [.. ids.Keys, .. Enumerable.Range(0, AtOnce).Select(one => $"{round}-{one}")];
            var sending = names.Select(async name =>
            {
                var id = await Deliver(service, name);
                Interlocked.Increment(ref answered);
                return (name, id);
            }).ToArray();
            if (kill < Kills)
            {
                await Until.Holds("some deliveries have an answer", Limit,
                    () => Task.FromResult(Volatile.Read(ref answered) > names.Length / 2));
                await service.KillAll();
            }

            foreach (var (name, id) in await Task.WhenAll(sending))
            {
                ids.TryAdd(name, new HashSet<string>(StringComparer.Ordinal));
                if (id is not null)
                    ids[name].Add(id);
            }

            if (kill < Kills)
                continue;
            var tasks = await Tasks(service);
            Assert.Equal(names.Order(StringComparer.Ordinal),
                tasks.Select(static one => one.Name).Order(StringComparer.Ordinal));
            // What was answered is what runs.
            Assert.All(ids, one => Assert.All(one.Value, id => Assert.Contains((one.Key, id), tasks)));
            var runs = JsonNode.Parse(
                await service.Http.GetStringAsync("/api/v1/definitions/killed/runs?limit=200"))!["items"]!.AsArray();
            Assert.Equal(tasks.Select(static one => one.Id).Order(StringComparer.Ordinal),
                runs.Select(static run => (string)run!["id"]!).Order(StringComparer.Ordinal));
        }
    }

    private static async Task Set(Service service)
    {
        await Put(service, "/api/v1/definitions/killed", """
            {"parameters":[{"name":"who","required":true}],"task":{"argv":["true"],"labels":{"who":"${param.who}"}}}
            """);
        await Put(service, "/api/v1/triggers/killed", $$$"""
            {"definition":"killed","rate":600,"parameters":{"who":{"pointer":"/who"}},
             "signature":{"kind":"github","secret":"{{{Secret}}}"}}
            """);
    }

    private static async Task Put(Service service, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await service.Http.PutAsync(path, content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    // Returns the id of what was started; null if there was no answer, or it is known already.
    private static async Task<string?> Deliver(Service service, string name)
    {
        var body = $$"""{"who":"{{name}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/triggers/killed");
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add("X-GitHub-Delivery", name);
        request.Headers.Add(
            "X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(
                HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(body))));
        try
        {
            using var answer = await service.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK,
                HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout]);
            return answer.StatusCode == HttpStatusCode.Accepted ? (string?)JsonNode.Parse(text)!["id"] : null;
        }
        catch (HttpRequestException)
        {
            // The service was killed.
            return null;
        }
    }

    private static async Task<(string Name, string Id)[]> Tasks(Service service)
    {
        var list = JsonNode.Parse(
            await service.Http.GetStringAsync("/api/v1/tasks?limit=1000&definition=killed"))!["items"]!.AsArray();
        return [.. list.Select(static task => ((string)task!["labels"]!["who"]!, (string)task["id"]!))];
    }
}
