using System.Collections.Concurrent;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// The queues of the command streams, as Orleans' persistent streams know queues: a grain for each. Orleans spreads their
/// readers over the silos. A read waits at the grain until an item comes, so nothing is polled while nothing happens.
/// </summary>
/// <param name="name">The stream provider's name.</param>
/// <param name="mapper">Says which queue a stream's items go through.</param>
/// <param name="grains">Finds the queues.</param>
/// <param name="time">Measures pauses.</param>
/// <param name="loggers">Makes the logs.</param>
internal sealed class OrleansCommandQueues(
    string name, IStreamQueueMapper mapper, IGrainFactory grains, TimeProvider time, ILoggerFactory loggers)
    : IQueueAdapterFactory, IQueueAdapter
{
    private readonly SimpleQueueAdapterCache cache = new(new SimpleQueueCacheOptions(), name, loggers);
    private readonly ConcurrentDictionary<QueueId, OrleansCommandDetour> detours = new();
    private readonly NoOpStreamDeliveryFailureHandler failures = new();
    private readonly ILogger logger = loggers.CreateLogger<OrleansCommandReceiver>();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    /// <remarks>
    /// No: a node's grain that asked for what comes after some number would wait for ever once its queue has a reader
    /// that counts anew.
    /// </remarks>
    public bool IsRewindable => false;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    /// <summary>Makes those of a provider.</summary>
    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new OrleansCommandQueues(
        name,
        new HashRingBasedStreamQueueMapper(services.GetOptionsByName<HashRingStreamQueueMapperOptions>(name), name),
        services.GetRequiredService<IGrainFactory>(),
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILoggerFactory>());

    /// <inheritdoc/>
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    /// <inheritdoc/>
    public IQueueAdapterCache GetQueueAdapterCache() => cache;

    /// <inheritdoc/>
    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    /// <inheritdoc/>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(failures);

    /// <inheritdoc/>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) =>
        new OrleansCommandReceiver(queueId.ToString(), QueueOf(queueId), time, logger);

    /// <inheritdoc/>
    public async Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token,
        Dictionary<string, object>? requestContext)
    {
        ArgumentNullException.ThrowIfNull(events);
        var (id, node) = (mapper.GetQueueForStream(streamId), streamId.GetKeyAsString());
        var queue = QueueOf(id);
        var detour = detours.GetOrAdd(id, static (_, time) => new OrleansCommandDetour(time), time);
        foreach (var batch in events.Cast<CommandBatch>())
            await detour.Send(
                () => queue.Put(new QueuedCommands(node, batch)), () => grains.GetGrain<INodeGrain>(node).Take(batch));
    }

    private ICommandQueueGrain QueueOf(QueueId queue) => grains.GetGrain<ICommandQueueGrain>(queue.ToString());
}
