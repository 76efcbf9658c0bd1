using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Workers;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A silo and its worker in this process, over a data folder of their own.</summary>
internal sealed class OneProcess : IAsyncDisposable
{
    private readonly TaskIdSource ids = new(TimeProvider.System, new Random(1));
    private readonly string folder;
    private readonly bool ownsFolder;
    private IHost host = null!;

    private OneProcess(string? folder)
    {
        ownsFolder = folder is null;
        this.folder = folder ?? Directory.CreateTempSubdirectory("silo-").FullName;
    }

    public string Folder => folder;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public ITaskDispatcherGrain Dispatcher =>
        Grains.GetGrain<ITaskDispatcherGrain>(new PartitionKey(PartitionKey.DefaultQueue, 0).ToString());

    public ITaskStore Store => host.Services.GetRequiredService<ITaskStore>();

    public static async Task<OneProcess> StartAsync(
        Action<SiloOptions>? silo = null, Action<LocalWorkerOptions>? worker = null, string? folder = null)
    {
        var process = new OneProcess(folder);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(static l => l.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        var siloOptions = new SiloOptions { DataFolder = process.folder };
        silo?.Invoke(siloOptions);
        builder.Services.AddSilo(siloOptions);
        var workerOptions = new LocalWorkerOptions
        {
            NodeId = "w1",
            DataFolder = Path.Combine(process.folder, "worker"),
            Slots = 2,
        };
        worker?.Invoke(workerOptions);
        builder.Services.AddLocalWorker(workerOptions);
        process.host = builder.Build();
        await process.host.StartAsync();
        await process.Services.GetRequiredService<LocalWorker>().Registered;
        return process;
    }

    public async Task<TaskId> Submit(string line, RetryPolicy? retry = null)
    {
        var id = ids.Next(0);
        var spec = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["cmd"] = line });
        var submission = new TaskSubmission(
            id, "test", 5, 0, 0, retry ?? RetryPolicy.Default, [], [], Limits.None, spec, default);
        var replies = await Dispatcher.Submit([new SubmitRequest([submission], null, null)]);
        Assert.Equal(SubmitOutcome.Accepted, Assert.Single(replies).Outcome);
        return id;
    }

    public async Task<TaskRecord> Ended(TaskId id)
    {
        while (true)
        {
            var record = await Store.Get(id);
            if (record is { State: TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled })
                return record;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async Task Stop() => await host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        if (ownsFolder)
            Directory.Delete(folder, recursive: true);
    }
}
