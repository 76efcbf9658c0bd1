using System.Collections.Concurrent;
using OrleansTasks.Queues;
using OrleansTasks.Silo.Status;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Sends submissions to their dispatchers, many in one grain call: while a partition's calls are under way, what
/// arrives for it waits and goes together with the next.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="link">The way to them.</param>
/// <param name="logger">Gets faults.</param>
public sealed class SubmitPump(GatewayGrains grains, IClusterLink link, ILogger<SubmitPump> logger)
{
    private readonly ConcurrentDictionary<PartitionKey, SubmitLane> lanes = new();

    /// <summary>Submits; completes when everything of the request is on disk, or with why it is not.</summary>
    /// <param name="partition">Where to.</param>
    /// <param name="request">What.</param>
    /// <param name="bytes">About how large it is.</param>
    public Task<SubmitVerdict> Submit(PartitionKey partition, SubmitRequest request, int bytes)
    {
        if (!lanes.TryGetValue(partition, out var lane))
            lane = lanes.GetOrAdd(partition, new SubmitLane(grains.Dispatcher(partition), link, logger));
        return lane.Submit(request, bytes);
    }

    /// <summary>How many submissions to a partition wait for the calls under way.</summary>
    public int WaitingFor(PartitionKey partition) => lanes.TryGetValue(partition, out var lane) ? lane.Waiting : 0;
}
