using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
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
    private bool stopped;
    private long subscriptionCalls;

    private OneProcess(string? folder)
    {
        ownsFolder = folder is null;
        this.folder = folder ?? Directory.CreateTempSubdirectory("silo-").FullName;
    }

    public string Folder => folder;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public ITaskDispatcherGrain Dispatcher =>
        Grains.GetGrain<ITaskDispatcherGrain>(QueueSettings.DefaultQueue);

    public ITaskStore Store => host.Services.GetRequiredService<ITaskStore>();

    public static async Task<OneProcess> StartAsync(
        Action<SiloOptions>? silo = null, Action<LocalWorkerOptions>? worker = null, string? folder = null,
        bool withWorker = true)
    {
        var process = new OneProcess(folder);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(static l => l.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        var siloOptions = new SiloOptions { DataFolder = process.folder };
        // A worker that is moved by hand sends no heartbeats by itself: its lease is longer than the test.
        if (!withWorker)
            siloOptions.Lease = TimeSpan.FromMinutes(5);
        silo?.Invoke(siloOptions);
        builder.Services.AddSilo(siloOptions);
        var workerOptions = new LocalWorkerOptions
        {
            NodeId = "w1",
            DataFolder = Path.Combine(process.folder, "worker"),
            Slots = 2,
        };
        worker?.Invoke(workerOptions);
        if (withWorker)
            builder.Services.AddLocalWorker(workerOptions);
        process.host = builder.Build();
        await process.host.StartAsync();
        if (withWorker)
            await process.Services.GetRequiredService<LocalWorker>().Registered;
        return process;
    }

    public Task<TaskId> Submit(string line, RetryPolicy? retry = null) =>
        Submit(new Dictionary<string, object> { ["cmd"] = line }, retry);

    public async Task<TaskId> Submit(Dictionary<string, object> task, RetryPolicy? retry = null, string? secrets = null)
    {
        var id = ids.Next();
        var submission = new TaskSubmission(
            id, "test", 5, 0, 0, retry ?? RetryPolicy.Default, [], [], Limits.None,
            JsonSerializer.SerializeToUtf8Bytes(task), secrets is null ? default : Encoding.UTF8.GetBytes(secrets));
        var replies = await Dispatcher.Submit([new SubmitRequest([submission], null, null)]);
        Assert.Equal(SubmitOutcome.Accepted, Assert.Single(replies).Outcome);
        return id;
    }

    public Task<TaskRecord> Ended(TaskId id) =>
        Reached(id, static r => r.State is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled);

    /// <summary>The task once it is as wanted; told by the queue's feed, not by asking again and again.</summary>
    public async Task<TaskRecord> Reached(TaskId id, Func<TaskRecord, bool> wanted)
    {
        var changes = new Changes();
        var reference = Grains.CreateObjectReference<IFeedObserver>(changes);
        await Dispatcher.Follow(id.ToString(), Interlocked.Increment(ref subscriptionCalls), reference);
        try
        {
            while (true)
            {
                var record = await Store.Get(id);
                if (record is not null && wanted(record))
                    return record;
                await changes.Next(TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            await Dispatcher.Unfollow(id.ToString(), Interlocked.Increment(ref subscriptionCalls));
            Grains.DeleteObjectReference<IFeedObserver>(reference);
        }
    }

    public async Task<string> Output(TaskId id, OutputStream stream = OutputStream.Stdout, int attempt = 0)
    {
        var reader = Grains.GetGrain<ITaskReaderGrain>("reader");
        var bytes = new List<byte>();
        while (await reader.ReadOutput(id, attempt, stream, bytes.Count, 1 << 20) is { Bytes.Length: > 0 } page)
            bytes.AddRange(page.Bytes.ToArray());
        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>A change of the queue's tasks, any of them.</summary>
    private sealed class Changes : IFeedObserver
    {
        private readonly Channel<FeedBatch> batches = Channel.CreateUnbounded<FeedBatch>();

        public Task Changed(FeedBatch batch)
        {
            batches.Writer.TryWrite(batch);
            return Task.CompletedTask;
        }

        public async Task Next(CancellationToken cancellation) => await batches.Reader.ReadAsync(cancellation);
    }

    public async Task Stop()
    {
        if (stopped)
            return;
        stopped = true;
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        if (ownsFolder)
            Directory.Delete(folder, recursive: true);
    }
}
