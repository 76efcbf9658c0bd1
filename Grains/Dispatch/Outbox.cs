using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Makes the calls that follow a round of the <see cref="RoundLoop"/>, once the round is on disk or if it needed no
/// commit, and waits for none of them. Every call is a hint: a failed call is counted and logged, and fails no round.
/// </summary>
/// <remarks>
/// What makes up for a lost call:
/// <code>
/// commands to a node                    the worker's heartbeats: the dispatcher compares leases and repeats commands
/// a batch of events                     gateways read the store after a gap in the sequence, or every few seconds
/// ended chunks of a job                 the job's grain reads the store after 1 s without a hint
/// the start of a schedule's or          the silo's upkeep calls the grains of all open jobs every few seconds
///   workflow's job
/// the cancel of a workflow's job        repeated after 2 s while the job is open
/// a demand for queued tasks             repeated after 5 s while tasks are queued
/// a demand for a round robin            not repeated: the round robin may skip that node this time
/// a question to the fleet               repeated after 10 s, or 2 s among several silos
/// a question to a node                  repeated with a later snapshot of the fleet, after 5 s or more
/// a look at a schedule's folder         answered in any case; repeated at the schedule's next time
/// </code>
/// No calls follow a commit whose outcome was unknown at first, even if it landed, because the activation ends.
/// </remarks>
internal sealed class Outbox(
    string queue,
    IGrainFactory grains,
    ICommandChannel commands,
    FeedSubscribers subscribers,
    DispatchInstruments instruments,
    ILogger logger)
{
    /// <summary>
    /// Sends a draft's commands to nodes, its events to gateways, and its starts, cancels and ended chunks to job
    /// grains. Gateways detect lost batches by gaps in <paramref name="sequence"/>, so commits without events are sent
    /// too. An empty draft has only commands.
    /// </summary>
    public void Send(CommitDraft draft, long sequence, long steadyNow)
    {
        foreach (var command in draft.Commands)
            Hint(() => commands.Send(command.Node, command.ToBatch()));
        if (!draft.IsEmpty)
            subscribers.Publish(new FeedBatch(queue, sequence, [.. draft.Events]), steadyNow);
        foreach (var (job, chunks) in draft.Ended)
            Hint(() => grains.Reference<IJobGrain>(job.ToString()).Ended([.. chunks]));
        foreach (var job in draft.StartedJobs)
            Hint(() => grains.Reference<IJobGrain>(job.ToString()).EnsureActive());
        foreach (var job in draft.CancelledJobs)
            Hint(() => grains.Reference<IJobGrain>(job.ToString()).Cancel());
        Count(draft.Events);
        instruments.Figures.Count(queue, draft.Writes, draft.Events);
    }

    /// <summary>Asks node grains for slots. They answer with offers, at once or when a slot becomes free.</summary>
    public void Send(IReadOnlyList<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var (node, demand) in demands)
            Hint(() => grains.Reference<INodeGrain>(node).Want(demand));
    }

    /// <summary>Starts a call without waiting for it. Never throws, even if <paramref name="send"/> does.</summary>
    public void Hint(Func<Task> send) => _ = Await(send);

    private void Count(List<FeedEntry> events)
    {
        Span<int> entered = stackalloc int[TaskStates.All.Length];
        entered.Clear();
        foreach (var entry in events)
        {
            if (!entry.IsJob)
                entered[(int)entry.State]++;
        }

        for (var state = 0; state < entered.Length; state++)
        {
            if (entered[state] > 0)
                instruments.Moved((TaskState)state, entered[state]);
        }
    }

    private async Task Await(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception exception)
        {
            instruments.HintLost();
            logger.HintLost(queue, exception);
        }
    }
}
