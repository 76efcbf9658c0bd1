using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// Sends what follows from a round that is on disk. All of it is hints: what is lost is made up for by the next
/// heartbeat, the next look of a job's grain, or the feed's next read, so a failure is counted and is no failure of the
/// round.
/// </summary>
internal sealed class Outbox(
    PartitionKey partition,
    IGrainFactory grains,
    ICommandChannel commands,
    FeedSubscribers subscribers,
    DispatchInstruments instruments,
    ILogger logger)
{
    /// <summary>Sends a draft's commands, events and ended chunks.</summary>
    public void Send(CommitDraft draft, long sequence, long steadyNow)
    {
        foreach (var command in draft.Commands)
            Hint(() => commands.Send(command.Node, command.ToBatch()));
        if (!draft.IsEmpty)
            subscribers.Publish(new FeedBatch(partition, sequence, [.. draft.Events]), steadyNow);
        foreach (var (job, chunks) in draft.Ended)
            Hint(() => grains.GetGrain<IJobGrain>(job.ToString()).Ended([.. chunks]));
        foreach (var entry in draft.Events)
        {
            if (!entry.IsJob)
                instruments.Moved(entry.State);
        }
    }

    /// <summary>Asks nodes for slots.</summary>
    public void Send(IReadOnlyList<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var (node, demand) in demands)
            Hint(() => grains.GetGrain<INodeGrain>(node).Want(demand));
    }

    /// <summary>Lets a hint go on its way.</summary>
    public void Hint(Func<Task> send) => _ = Await(send);

    private async Task Await(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception exception)
        {
            instruments.HintLost();
            logger.HintLost(partition, exception);
        }
    }
}
