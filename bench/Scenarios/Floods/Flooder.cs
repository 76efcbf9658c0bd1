using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Floods;

/// <summary>Who sends a flood: many calls at a time, and what they were answered.</summary>
public sealed class Flooder(ServiceProcess service) : IDisposable
{
    private readonly HttpClient http = service.NewClient();

    /// <summary>The service under attack.</summary>
    public ServiceProcess Service => service;

    /// <summary>What was answered.</summary>
    public AnswerCounts Answers { get; } = new();

    /// <summary>Makes calls number 0 to <paramref name="count"/> − 1, some of them at a time.</summary>
    public static Task Many(int count, int atATime, Func<int, Task> call) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = atATime }, async (number, _) => await call(number));

    /// <summary>Makes that many calls every second, all at once, ten times.</summary>
    public static async Task EverySecond(int count, Func<int, Task> call)
    {
        var rounds = new List<Task>();
        for (var round = 0; round < 10; round++)
        {
            rounds.Add(Many(count, count, call));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        await Task.WhenAll(rounds);
    }

    /// <summary>Makes a call, counts its answer and returns its body; null for a refusal or none.</summary>
    /// <param name="method">GET, POST or PUT.</param>
    /// <param name="path">Below <c>/api/v1/</c>.</param>
    /// <param name="body">JSON, or none.</param>
    /// <param name="patience">When the caller hangs up.</param>
    public async Task<JsonNode?> Send(HttpMethod method, string path, JsonObject? body = null, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromMinutes(2));
        using var request = new HttpRequestMessage(method, "/api/v1/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var answer = await http.SendAsync(request, limit.Token);
            await Answers.Add(answer);
            return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync(limit.Token)) : null;
        }
        catch (OperationCanceledException)
        {
            Answers.Add("hung up");
        }
        catch (HttpRequestException fault)
        {
            Answers.Add(fault.HttpRequestError.ToString());
        }

        return null;
    }

    /// <inheritdoc cref="Send"/>
    public Task<JsonNode?> Get(string path, TimeSpan? patience = null) => Send(HttpMethod.Get, path, null, patience);

    /// <inheritdoc cref="Send"/>
    public Task<JsonNode?> Post(string path, JsonObject? body = null) => Send(HttpMethod.Post, path, body);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}
