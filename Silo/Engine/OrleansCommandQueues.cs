using System.Collections.Concurrent;
using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// The queues of the command streams, as an adapter for Orleans' persistent streams, with a grain for each queue.
/// Orleans spreads the readers over the silos. A read waits at the grain until an item arrives, so nothing is polled.
/// </summary>
/// <param name="name">The stream provider's name.</param>
/// <param name="mapper">Maps streams to queues.</param>
/// <param name="grains">The grain factory.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">The logger factory.</param>
internal sealed class OrleansCommandQueues(
    string name, IStreamQueueMapper mapper, IGrainFactory grains, TimeProvider time, ILoggerFactory loggers)
    : IQueueAdapterFactory, IQueueAdapter
{
    private readonly OrleansCommandCache cache =
        new(new SimpleQueueAdapterCache(new SimpleQueueCacheOptions(), name, loggers));
    private readonly ConcurrentDictionary<QueueId, OrleansCommandDetour> detours = new();
    private readonly NoOpStreamDeliveryFailureHandler failures = new();
    private readonly ILogger logger = loggers.CreateLogger<OrleansCommandReceiver>();

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    /// <remarks>
    /// Not rewindable: a node's grain that asked for items after some number would wait forever once its queue has a
    /// new reader that numbers from the start.
    /// </remarks>
    public bool IsRewindable => false;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    /// <summary>Creates the adapter of a stream provider.</summary>
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
