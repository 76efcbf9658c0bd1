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

    public void Supersede(NodeSession? before) => earlier = before?.Holdings ?? earlier;

    public void Take(NodeSession open, CommandBatch batch)
    {
        // Reports the open session: given the old one, a dispatcher that does not know the open one yet would assign
        // the tasks there again. If the report is lost, leases lapse unless the dispatcher calls BeganWith.
        if (batch.Session == earlier.Session)
            GiveBack(batch.Start.Select(static command => command.Lease).Where(lease => !earlier.Contains(lease.Token)), open.Number).FireAndForget();
        if (batch.Session != open.Number)
            return;
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

        // A batch comes from one dispatcher, so its commands belong to one queue.
        if (start is [var first, ..])
        {
            open.Ledger.NoteUse(first.Lease.Queue, first.Resources);
            foreach (var command in start)
            {
                if (command.Resources is { } shape)
                    open.Ledger.NoteUse(command.Lease.Queue, shape);
            }
        }

        open.Connection?.Deliver(batch).FireAndForget();
    }

    private ITaskDispatcherGrain Dispatcher(string queue) =>
        grains.Reference<ITaskDispatcherGrain>(queue);
}
