using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>The stream provider that carries commands to the grains of nodes: Orleans' memory streams.</summary>
internal static class OrleansCommandStreams
{
    private const int Queues = 2;
    private static readonly TimeSpan Polling = TimeSpan.FromMilliseconds(5);

    // A queue is mute until the silo that died with it is declared dead: with more queues that is a smaller part of the nodes.
    private const int ClusterQueues = 16;
    private static readonly TimeSpan ClusterPolling = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Adds the provider. A silo that stands alone wakes the readers of its queues itself. A member of a cluster cannot
    /// do so for items that another silo sends, and looks for them every 10 ms.
    /// </summary>
    public static void AddCommandStreams(this ISiloBuilder silo, bool isMember)
    {
        if (isMember)
            silo.AddMemoryStreams(CommandStream.Provider,
                static streams => Configure(streams, ClusterQueues, ClusterPolling));
        else
            silo.AddPersistentStreams(CommandStream.Provider, OrleansCommandQueues.Create,
                static streams => Configure(streams, Queues, Polling));
    }

    private static void Configure(ISiloPersistentStreamConfigurator streams, int queues, TimeSpan polling)
    {
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        streams.ConfigurePullingAgent(agent => agent.Configure(o => o.GetQueueMsgsTimerPeriod = polling));
        streams.Configure<HashRingStreamQueueMapperOptions>(mapper => mapper.Configure(o => o.TotalQueueCount = queues));
    }
}
