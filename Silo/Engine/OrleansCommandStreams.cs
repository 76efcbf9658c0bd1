using Orleans.Configuration;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>The stream provider that delivers commands to node grains, through our own queues.</summary>
internal static class OrleansCommandStreams
{
    private const int Queues = 2;

    // With more queues, a dead silo affects fewer nodes, and the readers spread more evenly.
    private const int ClusterQueues = 16;

    // The pause between an empty read and the next one. The read itself has already waited for seconds.
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
