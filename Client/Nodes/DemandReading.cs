using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Nodes;

/// <summary>Reads what waits for nodes in all queues.</summary>
/// <param name="grains">The queues.</param>
public sealed class DemandReading(GatewayGrains grains)
{
    /// <summary>The maximum number of queues that are asked: those with the longest waits.</summary>
    private const int MostQueues = 256;

    /// <summary>
    /// Returns the groups of waiting tasks, equal ones of several queues as one. The one that has waited longest comes first.
    /// </summary>
    internal async Task<ImmutableArray<QueueDemand>> Read()
    {
        var waiting = (await grains.Queues.List()).Where(static queue => queue is { Queued: > 0, IsRetired: false })
            .OrderBy(static queue => queue.OldestQueuedAt ?? long.MaxValue).Take(MostQueues);
        var demands = await Task.WhenAll(waiting.Select(queue => grains.Dispatcher(queue.Queue).Demand()));
        return [.. Together(demands.SelectMany(static all => all)).OrderBy(static demand => demand.Oldest)];
    }

    private static IEnumerable<QueueDemand> Together(IEnumerable<QueueDemand> demands) => demands
        .GroupBy(static demand => (
            string.Join('\0', demand.Requires.Select(static label => $"{label.Key}\0{label.Value}")), demand.Resources))
        .Select(static alike => alike.First() with
        {
            Count = alike.Sum(static one => one.Count), Oldest = alike.Min(static one => one.Oldest),
        });
}
