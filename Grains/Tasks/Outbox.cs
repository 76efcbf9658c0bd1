using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// Sends what follows from a round that is on disk, and waits for nothing. All of it is hints: the next heartbeat, the next look of a
/// job's grain, or the feed's next read makes up for what is lost, so a failure is counted and logged, and does not fail the round.
/// </summary>
internal sealed class Outbox(
    PartitionKey partition,
    IGrainFactory grains,
    ICommandChannel commands,
    FeedSubscribers subscribers,
    DispatchInstruments instruments,
    ILogger logger)
{
    /// <summary>Sends a draft's commands, events and ended chunks. Called after its commit, or without one if the draft is empty.</summary>
    /// <param name="draft">What was decided.</param>
    /// <param name="sequence">The commit's sequence. Gateways find lost batches by gaps, so a commit without events is sent, too.</param>
    /// <param name="steadyNow">The time, by the steady clock.</param>
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

    /// <summary>Starts a call and does not wait for it. Never throws, even if <paramref name="send"/> does.</summary>
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
