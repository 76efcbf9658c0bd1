using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A service with three workers in processes of their own: <c>dies</c>, new in every round, is killed; <c>stands</c> is stopped and
/// goes on; <c>rest</c> takes over from both.
/// </summary>
internal sealed class LossInstallation : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder;
    private readonly Service service;
    private readonly WorkerProcess rest;
    private readonly WorkerProcess stands;

    private LossInstallation(string folder, Service service, WorkerProcess rest, WorkerProcess stands) =>
        (this.folder, this.service, this.rest, this.stands) = (folder, service, rest, stands);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one, with everything of it in a folder.</summary>
    public static async Task<LossInstallation> Start(string folder)
    {
        Directory.CreateDirectory(folder);
        var started = new Stack<IAsyncDisposable>();
        try
        {
            var service = await Service.Start(Path.Combine(folder, "data"), "--slots", "0");
            started.Push(service);
            var rest = await Worker(service, folder, "rest", "--slots", "8", "--label", "dies=1", "--label", "stands=1");
            started.Push(rest);
            return new LossInstallation(folder, service, rest, await Worker(service, folder, "stands", "--slots", "2", "--label", "stands=1"));
        }
        catch
        {
            foreach (var part in started)
                await part.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loses two workers; fails when what they ran does not end elsewhere, or what they wrote later counts.</summary>
    public async Task<LossFigures> Lose(Loss loss)
    {
        await using var dies = await Worker(service, folder, "dies", "--slots", "1", "--label", "dies=1");
        await Put("/api/v1/nodes/rest/drain");
        var (first, zombie, quick) = ($"{loss.Round}-first", $"{loss.Round}-zombie", $"{loss.Round}-quick");
        var onDies = await Submit("dies", first, "exec sleep 1000");
        var forEver = await Submit("stands", zombie, "exec sleep 1000");
        // It ends while its agent stands still, which therefore has a stale result to tell when it goes on.
        var ends = await Submit("stands", quick, $"until [ -e {In(quick)}.end ]; do sleep 0.05; done; echo stale; echo > {In(quick)}.over");
        foreach (var name in (string[])[first, zombie, quick])
            await Until.Holds($"{name} runs", Patience, () => Task.FromResult(File.Exists(In($"{name}.1"))));
        await Put("/api/v1/nodes/rest/resume");

        var stopping = Stop(loss, quick);
        var killedAt = await Kill(dies, loss);
        var stoppedAt = await stopping;
        await Ended(onDies);
        var killed = await StartOf(first, 2) - killedAt;
        Assert.Equal(128 + Signals.Kill, await dies.End());
        var survives = Lives(await ProcessOf(first));
        await Ended(forEver);
        await Ended(ends);
        await Until.Holds($"{quick} is over", Patience, () => Task.FromResult(File.Exists($"{In(quick)}.over")));
        double[] stopped = [await StartOf(zombie, 2) - stoppedAt, await StartOf(quick, 2) - stoppedAt];

        Signals.Send(stands.Agent, Signals.Continue);
        Signals.Send(stands.Supervisor, Signals.Continue);
        var process = await ProcessOf(zombie);
        await Until.Holds("the zombie's process is gone", Patience, () => Task.FromResult(!Lives(process)));
        await Until.Holds("the resumed worker is back", Patience,
            async () => (string?)JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes/stands", Cancellation))!["state"] == "ready");
        foreach (var id in (string[])[onDies, forEver, ends])
            await Check(id);
        return new LossFigures(killed, stopped, survives);
    }

    public async ValueTask DisposeAsync()
    {
        await stands.DisposeAsync();
        await rest.DisposeAsync();
        await service.DisposeAsync();
    }

    private static Task<WorkerProcess> Worker(Service service, string folder, string name, params string[] options) =>
        WorkerProcess.Start(service, name, Path.Combine(folder, name), options);

    private static async Task<double> Kill(WorkerProcess dies, Loss loss)
    {
        await Task.Delay(loss.KillAfter, TimeProvider.System, Cancellation);
        var at = Now();
        Signals.Send(dies.Agent, Signals.Kill);
        return at;
    }

    private async Task<double> Stop(Loss loss, string ends)
    {
        await Task.Delay(loss.StopAfter, TimeProvider.System, Cancellation);
        var at = Now();
        Signals.Send(loss.AgentFirst ? stands.Agent : stands.Supervisor, Signals.Stop);
        Signals.Send(loss.AgentFirst ? stands.Supervisor : stands.Agent, Signals.Stop);
        await File.WriteAllTextAsync($"{In(ends)}.end", "", Cancellation);
        return at;
    }

    private async Task Check(string id)
    {
        var task = await service.Get(id);
        var output = await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation);
        var attempts = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/attempts", Cancellation))!["items"]!.AsArray();
        Assert.True(
            ((string?)task["state"], (int)task["attempt"]!, (string?)task["node"], output) == ("succeeded", 2, "rest", "elsewhere\n")
            && attempts.Count == 2 && attempts.Any(static a => (int)a!["attempt"]! == 1 && (string?)a["reason"] == "node-lost"),
            $"A stale write was accepted:\n{task}\n{output}\n{attempts}");
    }

    private async Task<string> Submit(string place, string name, string line)
    {
        using var response = await service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"date +%s%N > {In(name)}.$TASK_ATTEMPT.new; echo $$ >> {In(name)}.$TASK_ATTEMPT.new; "
                + $"mv {In(name)}.$TASK_ATTEMPT.new {In(name)}.$TASK_ATTEMPT; "
                + $"if [ $NODE_ID = rest ]; then echo elsewhere; else {line}; fi",
            ["requires"] = new JsonObject { [place] = "1" },
        });
        Assert.Equal(202, (int)response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["id"]!;
    }

    private async Task Ended(string id) => Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);

    private async Task Put(string path)
    {
        using var response = await service.Http.PostAsync(path, null, Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
    }

    private async Task<double> StartOf(string name, int attempt) => long.Parse(
        (await File.ReadAllLinesAsync($"{In(name)}.{attempt}", Cancellation))[0], CultureInfo.InvariantCulture) / 1e6;

    private async Task<int> ProcessOf(string name) =>
        int.Parse((await File.ReadAllLinesAsync($"{In(name)}.1", Cancellation))[1], CultureInfo.InvariantCulture);

    private string In(string name) => Path.Combine(folder, name);

    private static bool Lives(int process) => Signals.Send(process, 0);

    private static double Now() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
}
