using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Queues;

/// <summary>Shows what passed through a queue lately, and when its waiting tasks will be gone.</summary>
/// <param name="grains">The queues and nodes.</param>
/// <param name="time">The clock.</param>
public sealed class ForecastCalls(GatewayGrains grains, TimeProvider time)
{
    /// <summary>Returns a queue's forecast.</summary>
    internal async Task Get(HttpContext context)
    {
        if (await Find(QueueCalls.NameIn(context)) is not { } forecast)
            throw QueueCalls.NoQueue();
        await ContractJson.Send(context, ForecastAnswer.Of(forecast));
    }

    // A queue that has no task yet has no dispatcher, and asking for a forecast must not make one.
    private async Task<QueueForecast?> Find(string name)
    {
        if (!SpecRules.IsQueueName(name))
            return null;
        if ((await grains.Queues.List()).Any(queue => queue.Queue == name))
            return await grains.Dispatcher(name).Forecast();
        if (await QueueVersions.Of(grains.Queues, name) == 0)
            return null;
        var slots = (await grains.Fleet.List()).Sum(static node => node.State is NodeState.Ready or NodeState.Busy ? node.Slots : 0);
        return new QueueForecast(
            time.GetUtcNow().ToUnixTimeMilliseconds(), 0, 0, 0, null, slots, 0, null, QueueTrend.Unknown, [], 0, null);
    }
}
