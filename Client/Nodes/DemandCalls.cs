using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Nodes;

/// <summary>Shows what waits for nodes, for a program that adds and removes them.</summary>
/// <param name="grains">The queues and nodes.</param>
public sealed class DemandCalls(GatewayGrains grains)
{
    /// <summary>The maximum number of queues that are asked: those with the longest waits.</summary>
    private const int MostQueues = 256;

    /// <summary>Returns the groups of waiting tasks; those that have waited longest come first.</summary>
    internal async Task List(HttpContext context)
    {
        var waiting = (await grains.Queues.List()).Where(static queue => queue is { Queued: > 0, IsRetired: false })
            .OrderBy(static queue => queue.OldestQueuedAt ?? long.MaxValue).Take(MostQueues);
        var demands = (await Task.WhenAll(waiting.Select(queue => grains.Dispatcher(queue.Queue).Demand()))).SelectMany(static all => all);
        var nodes = await grains.Fleet.List();
        await ContractJson.Send(context, new WholeList<DemandAnswer>(
            [.. Together(demands).OrderBy(static demand => demand.Oldest).Select(demand => DemandAnswer.Of(demand, nodes))]));
    }

    private static IEnumerable<QueueDemand> Together(IEnumerable<QueueDemand> demands) => demands
        .GroupBy(static demand => (string.Join('\0', demand.Requires.Select(static label => $"{label.Key}\0{label.Value}")), demand.Resources))
        .Select(static alike => alike.First() with { Count = alike.Sum(static one => one.Count), Oldest = alike.Min(static one => one.Oldest) });
}
