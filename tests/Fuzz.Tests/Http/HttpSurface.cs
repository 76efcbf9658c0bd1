using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>The gateway's HTTP port.</summary>
internal sealed class HttpSurface : ISurface
{
    /// <summary>Where webhooks lead: a port that nobody listens at.</summary>
    public const string DeadTarget = "http://127.0.0.1:9/";

    /// <summary>
    /// Descriptors beyond those after the corpus: what the thread pool, the store's readers and connections being
    /// closed may hold.
    /// </summary>
    private const int MoreDescriptors = 100;

    /// <summary>
    /// Memory beyond that after the corpus. The garbage collector may keep what bodies of 16 MiB took.
    /// </summary>
    private const int MoreMiB = 700;

    private readonly Service service;
    private readonly Figures figures;
    private readonly RequestMaker maker;
    private readonly AnswerRules rules;
    private readonly Exchange exchange;
    private readonly LogWatch log = new();
    private readonly Dictionary<string, string> places;
    private ProcessGauge before;

    private HttpSurface(Service service, Figures figures, ApiDocument document, Dictionary<string, string> places)
    {
        (this.service, this.figures, this.places) = (service, figures, places);
        (maker, rules) = (new RequestMaker(document), new AnswerRules(document));
        exchange = new Exchange(IPEndPoint.Parse(service.Url.Authority));
        before = ProcessGauge.Of(service.Agent);
    }

    /// <inheritdoc/>
    public string Name => "http";

    /// <inheritdoc/>
    public int MostInTests => 300;

    /// <summary>Prepares a service: each kind of thing that a path can name is there once.</summary>
    public static async Task<HttpSurface> Open(Service service, Figures figures)
    {
        var document = ApiDocument.Read(await service.Http.GetStringAsync("/openapi/v1.json"));
        var task = await service.Submit("/bin/echo hello");
        await service.Ended(task);
        var batch = await IdOf(service, "/api/v1/tasks/batch", """{"tasks":[{"cmd":"/bin/true"}]}""", "batch");
        var job = await IdOf(service, "/api/v1/jobs",
            """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"as":"n","op":"count"}]}""",
                "id");
        var webhook = await IdOf(service, "/api/v1/webhooks", $$"""{"url":"{{DeadTarget}}","types":["queue"]}""", "id");
        var workflow = await IdOf(
            service, "/api/v1/workflows", """{"nodes":[{"name":"a","task":{"cmd":"/bin/true"}}]}""", "id");
        var rollout = await IdOf(service, "/api/v1/rollouts", """{"task":{"cmd":"/bin/true"}}""", "id");
        using (var schedule = await service.Http.PutAsync("/api/v1/schedules/fuzzed", new StringContent(
            """{"every":"1h","task":{"cmd":"/bin/true"}}""", Encoding.UTF8, "application/json")))
            schedule.EnsureSuccessStatusCode();
        var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
        return new HttpSurface(service, figures, document, new Dictionary<string, string>
        {
            ["{host}"] = service.Url.Authority,
            ["{task}"] = task,
            ["{batch}"] = batch,
            ["{job}"] = job,
            ["{webhook}"] = webhook,
            ["{workflow}"] = workflow,
            ["{rollout}"] = rollout,
            ["{node}"] = (string)nodes[0]!["id"]!,
        });
    }

    /// <summary>Takes what the process holds now for what it needs.</summary>
    public void WarmedUp() => before = ProcessGauge.Of(service.Agent);

    /// <inheritdoc/>
    public byte[] Make(Random random, Corpus corpus) => maker.Make(random, corpus);

    /// <inheritdoc/>
    public async Task<string> Try(byte[] input)
    {
        if (!Harmless.AllowsRequest(input))
            return "withheld";
        var text = places.Aggregate(Encoding.Latin1.GetString(input), static (text, place) =>
            text.Replace(place.Key, place.Value, StringComparison.Ordinal));
        var request = Encoding.Latin1.GetBytes(text);
        var shape = RequestShape.Of(request);
        var answers = await exchange.Send(request, shape);
        rules.Require(shape, answers);
        log.RequireNoError(service.Log);
        return answers.Count == 0 ? "closed" : answers[0].Status.ToString(CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async Task Check()
    {
        try
        {
            await StopNoise();
            var ready = await service.Http.GetStringAsync("/readyz");
            Assert.Equal("ready\n", ready);
            var id = await IdOf(service, "/api/v1/tasks", """{"cmd":"true","priority":9}""", "id");
            JsonNode task;
            try
            {
                task = await service.Ended(id);
            }
            catch (Xunit.Sdk.XunitException late)
            {
                throw new FindingException(
                    $"A task waits: {await service.Http.GetStringAsync($"/api/v1/tasks/{id}/why?nodes=true")}\n{late.Message}", isFatal: true);
            }

            if ((string?)task["state"] != "succeeded")
                throw new FindingException($"The task 'true' ended as {task.ToJsonString()}.");
        }
        catch (Exception broken) when (
            broken is HttpRequestException or OperationCanceledException or Xunit.Sdk.XunitException)
        {
            throw new FindingException($"The service does not work any more: {broken.Message}", isFatal: true);
        }

        log.RequireNoError(service.Log);
        var after = ProcessGauge.Of(service.Agent);
        figures.Processes["service"] = (before, after);
        after.RequireWithin(before, MoreDescriptors, MoreMiB);
    }

    /// <summary>
    /// Requests may drain the node, hold the queue and begin endless jobs, as anybody may on loopback: none is a defect.
    /// </summary>
    private async Task StopNoise()
    {
        using var resumed = await service.Http.PostAsync(
            $"/api/v1/nodes/{Uri.EscapeDataString(places["{node}"])}/resume", null);
        using var released = await service.Http.PutAsync("/api/v1/queues/default", new StringContent(
            """{"paused":null,"blackouts":null,"maxRunning":null,"ratePerSecond":null,"minimumIsolation":null}""", Encoding.UTF8, "application/json"));
        released.EnsureSuccessStatusCode();
        var jobs = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/jobs?limit=1000"))!["items"]!.AsArray();
        foreach (var job in jobs.Where(static job =>
            (string?)job!["state"] is not ("succeeded" or "failed" or "cancelled")))
            if ((string)job!["id"]! is var id && id != places["{job}"])
                using (await service.Http.PostAsync($"/api/v1/jobs/{id}/cancel", null)) { }
    }

    private static async Task<string> IdOf(Service service, string path, string body, string member)
    {
        using var answer = await service.Http.PostAsync(path,
            new StringContent(body, Encoding.UTF8, "application/json"));
        return (string)JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())![member]!;
    }
}
