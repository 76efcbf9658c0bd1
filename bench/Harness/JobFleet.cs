using System.Text;
using System.Text.Json;

namespace OrleansTasks.Bench.Harness;

/// <summary>A service and two remote workers with a slot each, over gRPC, and its data jobs.</summary>
public sealed class JobFleet : IAsyncDisposable
{
    private readonly RemoteWorkerProcess[] workers;

    private JobFleet(ServiceProcess service, RemoteWorkerProcess[] workers) => (Service, this.workers) = (service, workers);

    /// <summary>Gateway and silo.</summary>
    public ServiceProcess Service { get; }

    /// <summary>Processor seconds of both workers so far, without what they have started.</summary>
    public double WorkerSeconds => workers.Sum(static worker => ProcessCost.CpuSeconds(worker.AgentId));

    /// <summary>Processor seconds of the service so far.</summary>
    public double ServiceSeconds => ProcessCost.CpuSeconds(Service.ServiceId);

    /// <summary>Starts all three; the service may read files under one folder, the workers take plug-ins from another.</summary>
    public static async Task<JobFleet> Start(string? files = null, string? plugins = null)
    {
        var service = await ServiceProcess.Start(slots: 0, null, files is null ? [] : ["--file-root", files]);
        string[] options = plugins is null ? [] : ["--plugins", plugins];
        return new JobFleet(service,
        [
            await RemoteWorkerProcess.Start(service.Workers, "w1", 1, options),
            await RemoteWorkerProcess.Start(service.Workers, "w2", 1, options),
        ]);
    }

    /// <summary>Submits a job; its id.</summary>
    public Task<string> Submit(string spec) => Submit(Service.Http, spec);

    /// <summary>What a job's aggregate <c>total</c> is, as JSON, once it has succeeded.</summary>
    public Task<string> Total(string id) => Total(Service.Http, id);

    /// <summary>Seconds from the POST of a job to its end; fails when its total is not the expected one.</summary>
    public Task<double> Timed(string spec, string expected) => Timed(Service.Http, spec, expected);

    /// <summary>The same with any gateway.</summary>
    public static async Task<double> Timed(HttpClient gateway, string spec, string expected)
    {
        var began = TimeProvider.System.GetTimestamp();
        var total = await Total(gateway, await Submit(gateway, spec));
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        Check(total, expected);
        return seconds;
    }

    /// <summary>Fails when a total is not the expected one.</summary>
    public static void Check(string total, string expected)
    {
        if (total != expected)
            throw new InvalidOperationException($"The job has {Start(total)}, where {Start(expected)} is right.");

        static string Start(string text) => text.Length <= 200 ? text : text[..200] + "…";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
            await worker.DisposeAsync();
        await Service.DisposeAsync();
    }

    private static async Task<string> Submit(HttpClient gateway, string spec)
    {
        using var reply = await gateway.PostAsync(
            "/api/v1/jobs", new StringContent(spec, Encoding.UTF8, "application/json"));
        if (!reply.IsSuccessStatusCode)
            throw new InvalidOperationException($"{(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync()}");
        return JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    private static async Task<string> Total(HttpClient gateway, string id)
    {
        while (true)
        {
            using var job = JsonDocument.Parse(await gateway.GetStringAsync($"/api/v1/jobs/{id}?wait=60s"));
            var state = job.RootElement.GetProperty("state").GetString();
            if (state == "running")
                continue;
            return state == "succeeded"
                ? job.RootElement.GetProperty("aggregate").GetProperty("total").GetRawText()
                : throw new InvalidOperationException($"The job is {state}: {job.RootElement.GetRawText()}");
        }
    }
}
