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
                () => queue.Put(new QueuedCommands(node, batch)), () => grains.Reference<INodeGrain>(node).Take(batch));
    }

    private ICommandQueueGrain QueueOf(QueueId queue) => grains.Reference<ICommandQueueGrain>(queue.ToString());
}

/// <summary>
/// Bypasses a queue that does not accept commands at once. Its silo may have died, and until Orleans notices, calls to
/// it get no answer. A queue that is merely slow may deliver the same commands as well, which is harmless.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class OrleansCommandDetour(TimeProvider time)
{
    /// <summary>How long a queue may take to accept an item.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>How long everything bypasses a queue that did not accept an item.</summary>
    public static readonly TimeSpan Avoided = TimeSpan.FromSeconds(2);

    // The timestamp since which the queue is bypassed; 0 if it is not.
    private long avoidedAt;

    /// <summary>Puts an item into the queue, or sends it directly.</summary>
    /// <param name="put">Puts the item into the queue; returns false if the queue is full.</param>
    /// <param name="pass">Sends the item directly to the node's grain.</param>
    public async Task Send(Func<Task<bool>> put, Func<Task> pass)
    {
        if (Volatile.Read(ref avoidedAt) is var since and not 0 && time.GetElapsedTime(since) < Avoided)
        {
            await pass();
            return;
        }

        var taken = put();
        await ((Task)taken).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (taken.IsCompletedSuccessfully && await taken)
        {
            Volatile.Write(ref avoidedAt, 0);
            return;
        }

        Volatile.Write(ref avoidedAt, time.GetTimestamp());
        await pass();
    }
}
