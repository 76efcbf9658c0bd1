using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Feed;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;
using Orleans.Streams;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The grains on a silo of Orleans, over the store in memory, with a clock that a test puts forward.</summary>
internal sealed class GrainCluster : IAsyncDisposable
{
    public static readonly string Key = QueueSettings.DefaultQueue;
    private readonly TaskIdSource ids;
    private readonly MemoryNodeStore nodes;
    private readonly FailingNodeEvents nodeEvents = new();
    private readonly MemoryResourceEventStore resourceEvents = new();
    private readonly MemoryQueueStore queues;
    private readonly MemoryCalendarStore calendars = new();
    private readonly IWebhookStore webhooks;
    private GrainHost host = null!;

    private GrainCluster()
    {
        Memory = new MemoryTaskStore(Time, audit: Audit);
        Refused = new RefusedWrites(Time);
        queues = new MemoryQueueStore(resourceEvents, Audit);
        nodes = new MemoryNodeStore(Audit, Trust);
        Webhooks = new MemoryWebhookStore(Audit);
        (Store, Gate) = StoreGate.Before<ITaskStore>(Memory);
        (webhooks, WebhookGate) = StoreGate.Before<IWebhookStore>(Webhooks);
        ids = new TaskIdSource(Time, new Random(1));
    }

    public TestTime Time { get; } = new ShiftedTime();

    public MemoryTrustStore Trust { get; } = new();

    public MemoryTaskStore Memory { get; }

    public ITaskStore Store { get; }

    public MemoryOutputStore Outputs { get; } = new();

    public StoreGate Gate { get; }

    public MemoryWebhookStore Webhooks { get; }

    public MemoryAuditStore Audit { get; } = new();

    public StoreGate WebhookGate { get; }

    public RefusedWrites Refused { get; }

    public ICalendarStore Calendars => calendars;

    public TestSender Sender { get; } = new();

    public FailingChannel Channel { get; private set; } = null!;

    public INodeStore Nodes => nodes;

    public FailingNodeEvents NodeEvents => nodeEvents;

    public GrainHost Host => host;

    public Arrivals Arrivals { get; } = new();

    public LocalDispatchers Locals { get; } = new();

    public IGrainFactory Grains => host.Grains;

    public ITaskDispatcherGrain Dispatcher => Grains.GetGrain<ITaskDispatcherGrain>(Key);

    public IFleetGrain Fleet => Grains.GetGrain<IFleetGrain>("fleet");

    public static async Task<GrainCluster> StartAsync(
        Action<DispatchOptions>? configure = null, Action<IServiceCollection>? add = null)
    {
        var cluster = new GrainCluster();
        var options = new DispatchOptions();
        configure?.Invoke(options);
        cluster.host = await GrainHost.StartAsync(services =>
        {
            cluster.AddTo(services, options);
            add?.Invoke(services);
        });
        return cluster;
    }

    public SubmitRequest Request(int tasks = 1, RetryPolicy? retry = null, int priority = 5) =>
        new([.. Enumerable.Range(0, tasks).Select(_ => Submission(retry, priority))], null, null);

    public async Task<TaskId> Submit(RetryPolicy? retry = null, int priority = 5)
    {
        var request = Request(1, retry, priority);
        Assert.Equal(SubmitOutcome.Accepted, (await Send(request)).Outcome);
        return request.Tasks[0].Id;
    }

    public async Task<SubmitReply> Send(SubmitRequest request) => (await Dispatcher.Submit([request]).Soon())[0];

    /// <summary>The stored epoch: it stays as long as one activation owns the queue.</summary>
    public async Task<long> Epoch()
    {
        await Dispatcher.GetStatus().Soon();
        return (await Memory.TakeEpoch(Key, -1, TestContext.Current.CancellationToken)).Epoch;
    }

    public async Task<TaskRecord> Get(TaskId id) => (await Memory.Get(id))!;

    public async Task<Feed> Listen(string gateway = "g")
    {
        var feed = new Feed();
        await Dispatcher.Follow(gateway, 1, Grains.CreateObjectReference<IFeedObserver>(feed)).Soon();
        kept.Add(feed);
        return feed;
    }

    public async Task<TestWorker> Worker(string name, int slots = 1, string instance = "i", bool treesDead = false, long since = 0, params LeaseRef[] running)
    {
        var worker = new TestWorker(this, name, instance);
        Assert.Equal(RegistrationOutcome.Accepted, (await worker.Register(slots, treesDead, since, running)).Outcome);
        await worker.Connect();
        kept.Add(worker);
        return worker;
    }

    public ValueTask DisposeAsync()
    {
        Memory.Release();
        Gate.Open();
        return host.DisposeAsync();
    }

    private readonly List<object> kept = [];

    private TaskSubmission Submission(RetryPolicy? retry, int priority) =>
        new(ids.Next(), "t", (byte)priority, 0, 0, retry ?? RetryPolicy.Default, [], [], Limits.None, "{}"u8.ToArray(), default);

    private void AddTo(IServiceCollection services, DispatchOptions options) =>
        services.AddSingleton<TimeProvider>(Time)
            .AddSingleton(Store)
            .AddSingleton<INodeStore>(nodes)
            .AddSingleton<ITrustStore>(Trust)
            .AddSingleton<INodeEventStore>(nodeEvents)
            .AddSingleton<IQueueStore>(queues)
            .AddSingleton<ICalendarStore>(calendars)
            .AddSingleton<CalendarBook>()
            .AddSingleton<IOutputStore>(Outputs)
            .AddSingleton<IProgressStore>(new MemoryProgressStore(() => Memory))
            .AddSingleton<IFileIndex>(Memory.Files)
            .AddSingleton<IResourceEventStore>(resourceEvents)
            .AddSingleton<IAuditStore>(Audit)
            .AddSingleton(webhooks)
            .AddSingleton<IWebhookSender>(Sender)
            .AddSingleton(options)
            .AddSingleton<IPeerSilos>(new Peers())
            .AddSingleton<IIncomingGrainCallFilter>(Arrivals)
            .AddSingleton<DispatchInstruments>()
            .AddSingleton(Refused)
            .AddSingleton(Locals)
            .AddSingleton<IRandomness>(new SeededRandomness(1))
            .AddSingleton<ICommandChannel>(NewChannel);

    private sealed class Peers : IPeerSilos
    {
        public bool AnyActive => true;
    }

    private FailingChannel NewChannel(IServiceProvider services) =>
        Channel = new FailingChannel(new StreamCommandChannel(
            services.GetRequiredKeyedService<IStreamProvider>(CommandStream.Provider), services.GetRequiredService<IGrainFactory>()));
}
