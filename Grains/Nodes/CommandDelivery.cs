using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Passes commands to a worker's stream. If the worker cannot receive a start command, gives its attempt back: reports
/// it as refused, which requeues the task without counting a failure. Repeats no command: dispatchers do that.
/// </summary>
/// <remarks>
/// A batch names its session. Batches of the open session go to the worker. Attempts of the previous session are given
/// back unless the worker may have them. Other batches are dropped.
/// </remarks>
internal sealed class CommandDelivery(IGrainFactory grains, string node, KnownQueues queues, SteadyClock clock)
{
    // The session before the latest; number 0, which no batch names, if there was none.
    private NodeHoldings earlier = new(0);

    /// <summary>Makes the latest session, if any, the previous one, because a new session opens.</summary>
    public void Supersede(NodeSession? latest) => earlier = latest?.Holdings ?? earlier;

    /// <summary>Delivers a batch, gives its attempts back or drops it, as its session requires.</summary>
    public void Take(NodeSession open, CommandBatch batch)
    {
        // Reports the open session: given the old one, a dispatcher that does not know the open one yet would assign
        // the tasks there again. If the report is lost, leases lapse unless the dispatcher calls INodeGrain.BeganWith.
        if (batch.Session == earlier.Session)
            GiveBack(batch.Start.Select(static command => command.Lease).Where(lease => !earlier.Contains(lease.Token)), open.Number).FireAndForget();
        if (batch.Session != open.Number)
            return;
        // A dispatcher sent the batch, so the queue exists, and the worker may report attempts of it.
        if (batch.Start is [var first, ..])
            queues.Note(first.Lease.Queue);
        Deliver(open, batch);
    }

    /// <summary>
    /// Marks and returns the attempts that the worker cannot have received from an ended stream, for
    /// <see cref="GiveBack"/>. <paramref name="unsent"/> has an entry for each unwritten copy.
    /// </summary>
    public LeaseRef[] TakeUnreceived(NodeSession session, ImmutableArray<LeaseRef> unsent)
    {
        var now = clock.Now;
        // TryGiveBack succeeds only if every copy of the attempt's command is unsent.
        return
        [
            .. unsent.GroupBy(static lease => lease.Token)
                .Where(copies => session.Holdings.TryGiveBack(copies.First(), copies.Count(), now)).Select(static copies => copies.First()),
        ];
    }

    public Task GiveBack(IEnumerable<LeaseRef> leases, long session) =>
        Task.WhenAll(NodeReports.Split(new NodeReport(node, session, [], [], [.. leases]))
            .Select(report => Dispatcher(report.Queue).Report(report.Report)));

    /// <summary>
    /// Sends a batch to the worker. Without a stream, gives start commands back unless a copy may have arrived, and
    /// drops cancels and kills, because heartbeats repeat them.
    /// </summary>
    private void Deliver(NodeSession open, CommandBatch batch)
    {
        var now = clock.Now;
        var start = batch.Start.RemoveAll(command => open.Connection is null
            || !open.Holdings.Pass(command.Lease, now, command.Resources, command.Lasts));
        if (start.Length < batch.Start.Length)
        {
            GiveBack(batch.Start.Except(start).Select(static command => command.Lease)
                .Where(lease => open.Holdings.TryGiveBack(lease, 0, now)), open.Number).FireAndForget();
            batch = batch with { Start = start };
        }

        foreach (var command in start)
            open.Ledger.NoteUse(command.Lease.Queue, command.Resources);
        open.Connection?.Deliver(batch).FireAndForget();
    }

    private ITaskDispatcherGrain Dispatcher(string queue) =>
        grains.Reference<ITaskDispatcherGrain>(queue);
}
