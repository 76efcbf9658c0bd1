using Orleans.Configuration;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>The stream provider that carries commands to the grains of nodes, on queues of our own.</summary>
internal static class OrleansCommandStreams
{
    private const int Queues = 2;

    // With more queues, the death of a silo concerns a smaller part of the nodes, and readers spread better.
    private const int ClusterQueues = 16;

    // Between one read that found nothing and the next; such a read has waited for seconds.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Adds the provider.</summary>
    public static void AddCommandStreams(this ISiloBuilder silo, bool isMember) =>
        silo.AddPersistentStreams(CommandStream.Provider, OrleansCommandQueues.Create, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(static agent => agent.Configure(static o => o.GetQueueMsgsTimerPeriod = Pause));
            streams.Configure<HashRingStreamQueueMapperOptions>(mapper => mapper.Configure(o =>
                o.TotalQueueCount = isMember ? ClusterQueues : Queues));
        });
}
