using System.Collections.Concurrent;
using Orleans.Providers;
using Orleans.Streams;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Orleans' memory queues, whose readers are woken by each item that this silo sends. By themselves they would look for
/// items every few milliseconds: that costs a tenth of a core while nothing happens, and delays each item.
/// </summary>
/// <param name="queues">The queues.</param>
internal sealed class OrleansCommandQueues(MemoryAdapterFactory<DefaultMemoryMessageBodySerializer> queues)
    : IQueueAdapterFactory, IQueueAdapter
{
    private readonly IStreamQueueMapper mapper = queues.GetStreamQueueMapper();
    private readonly ConcurrentDictionary<QueueId, SemaphoreSlim> bells = new();

    /// <inheritdoc/>
    public string Name => queues.Name;

    /// <inheritdoc/>
    public bool IsRewindable => queues.IsRewindable;

    /// <inheritdoc/>
    public StreamProviderDirection Direction => queues.Direction;

    /// <summary>Makes those of a provider.</summary>
    public static IQueueAdapterFactory Create(IServiceProvider services, string name) =>
        new OrleansCommandQueues(MemoryAdapterFactory<DefaultMemoryMessageBodySerializer>.Create(services, name));

    /// <inheritdoc/>
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    /// <inheritdoc/>
    public IQueueAdapterCache GetQueueAdapterCache() => queues.GetQueueAdapterCache();

    /// <inheritdoc/>
    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    /// <inheritdoc/>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        queues.GetDeliveryFailureHandler(queueId);

    /// <inheritdoc/>
    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) =>
        new OrleansCommandReceiver(queues.CreateReceiver(queueId), BellOf(queueId));

    /// <inheritdoc/>
    public async Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token,
        Dictionary<string, object>? requestContext)
    {
        await queues.QueueMessageBatchAsync(streamId, events, token, requestContext);
        BellOf(mapper.GetQueueForStream(streamId)).Release();
    }

    private SemaphoreSlim BellOf(QueueId queue) => bells.GetOrAdd(queue, static _ => new SemaphoreSlim(0));
}
