using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Makes the calls that follow a round of a dispatcher's commit loop (<see cref="RoundLoop"/>), once the
/// round is on disk or needed no commit. Waits for no call. Every call is a hint: it may be lost, and the remarks say
/// what makes up for the loss. So a failed call is counted and logged, and never fails the round.
/// </summary>
/// <remarks>
/// What makes up for a lost call:
/// <code>
/// commands to a node            at the worker's heartbeats the dispatcher compares leases and repeats commands
/// a batch of events             gateways read the store when they see a gap in the sequences, or every few seconds
/// ended chunks of a job         the job's grain reads the store after 1 s without a hint
/// a call of a job that a        the silo's upkeep calls the grains of all open jobs every few seconds
///   schedule or a workflow has
///   started
/// a cancel of a job that a      is repeated after 2 s while the job is open
///   workflow has started
/// a demand for queued tasks     is repeated after 5 s while tasks are queued
/// a demand for a round robin    is not repeated: the round robin may skip that node this time
/// a question to the fleet       is asked again after 10 s
/// a question to a node          is asked again with a later snapshot of the fleet, after 5 s or more
/// </code>
/// A commit whose outcome was unknown at first is not followed by any call, even if it is on disk: the activation ends.
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
    /// Sends a draft's commands to nodes, its events to subscribed gateways, and its ended chunks to their jobs'
    /// grains; calls the grains of jobs that schedules or workflows have started or cancel. Called after the draft's commit, or without a
    /// commit if the draft is empty; an empty draft has only commands.
    /// </summary>
    /// <param name="draft">What the round decided.</param>
    /// <param name="sequence">
    /// The sequence of the commit. Gateways find lost batches by gaps, so a commit without events is sent, too.
    /// </param>
    /// <param name="steadyNow">
    /// The time of the dispatcher's steady clock, in milliseconds. Subscriptions that have run out by then end.
    /// </param>
    public void Send(CommitDraft draft, long sequence, long steadyNow)
    {
        foreach (var command in draft.Commands)
            Hint(() => commands.Send(command.Node, command.ToBatch()));
        if (!draft.IsEmpty)
            subscribers.Publish(new FeedBatch(queue, sequence, [.. draft.Events]), steadyNow);
        foreach (var (job, chunks) in draft.Ended)
            Hint(() => grains.GetGrain<IJobGrain>(job.ToString()).Ended([.. chunks]));
        foreach (var job in draft.StartedJobs)
            Hint(() => grains.GetGrain<IJobGrain>(job.ToString()).EnsureActive());
        foreach (var job in draft.CancelledJobs)
            Hint(() => grains.GetGrain<IJobGrain>(job.ToString()).Cancel());
        Count(draft.Events);
        instruments.Figures.Count(queue, draft.Writes, draft.Events);
    }

    /// <summary>Asks the grains of nodes for slots. They answer with offers, now or when a slot becomes free.</summary>
    public void Send(IReadOnlyList<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var (node, demand) in demands)
            Hint(() => grains.GetGrain<INodeGrain>(node).Want(demand));
    }

    /// <summary>
    /// Starts a call and does not wait for it. Never throws, even if <paramref name="send"/> does: a failure is counted
    /// and logged. The caller must not depend on the call.
    /// </summary>
    public void Hint(Func<Task> send) => _ = Await(send);

    /// <summary>Counts the tasks' transitions, in one measurement for each state.</summary>
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
