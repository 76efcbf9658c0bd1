using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Passes the dispatchers' commands to the stream of a node's worker. When the worker cannot receive a start command,
/// gives its attempt back to the dispatcher.
/// To give an attempt back is to report it as refused: its task is queued again, and no failure is counted.
/// <see cref="NodeHoldings"/> decides what the worker may have received; this class makes the calls.
/// <see cref="NodeGrain"/> calls it with each batch of commands, and when a connection or a session of the worker ends.
/// This class opens and ends no session, and repeats no command: dispatchers do that.
/// Only the turns of the grain use this class.
/// </summary>
/// <remarks>
/// A session is the time from one registration of the worker to the next. A batch of commands names its session.
/// Only a batch of the open session reaches the worker. A batch of the session before came too late: its attempts are
/// given back, except those that the worker may have. Batches of all other sessions are dropped.
/// </remarks>
/// <param name="grains">Finds the dispatchers.</param>
/// <param name="node">The name of the node.</param>
/// <param name="queues">Told of each queue whose dispatcher sends start commands.</param>
/// <param name="clock">The clock of the sessions' times.</param>
internal sealed class CommandDelivery(IGrainFactory grains, string node, KnownQueues queues, SteadyClock clock)
{
    // The attempts of the session before the latest one. Session 0, which no batch names, when there was none.
    private NodeHoldings earlier = new(0);

    /// <summary>
    /// Records that a new session is about to take the place of the latest one. Null when there was no session.
    /// </summary>
    public void Supersede(NodeSession? before) => earlier = before?.Holdings ?? earlier;

    /// <summary>
    /// Takes a batch of commands from a dispatcher and passes it to the worker's stream.
    /// Drops batches of other sessions than the open one.
    /// Of a batch of the session before, gives back the attempts whose command was not sent in that session.
    /// </summary>
    public void Take(NodeSession open, CommandBatch batch)
    {
        // The report names the open session. If it named the session before, the dispatcher, which may not know the
        // open one yet, would at once assign the tasks in that session again.
        // If the report is lost, the leases lapse unless the dispatcher asks by BeganWith what became of them.
        if (batch.Session == earlier.Session)
            GiveBack(batch.Start.Select(static command => command.Lease).Where(lease => !earlier.Contains(lease.Token)), open.Number).FireAndForget();
        if (batch.Session != open.Number)
            return;
        if (batch.Start is [var first, ..])
            queues.Note(first.Lease.Queue);
        Deliver(open, batch);
    }

    /// <summary>
    /// After the end of a stream, marks as given back those attempts that the worker cannot have received, and returns
    /// them. The caller then gives them back (<see cref="GiveBack"/>).
    /// </summary>
    /// <param name="session">The open session.</param>
    /// <param name="unsent">
    /// The attempts whose start command was not written to the stream, once for each copy of the command.
    /// </param>
    public LeaseRef[] TakeUnreceived(NodeSession session, ImmutableArray<LeaseRef> unsent)
    {
        var now = clock.Now;
        // Those that the worker cannot have received, because every copy of their command is unsent.
        return
        [
            .. unsent.GroupBy(static lease => lease.Token)
                .Where(copies => session.Holdings.TryGiveBack(copies.First(), copies.Count(), now)).Select(static copies => copies.First()),
        ];
    }

    /// <summary>
    /// Reports attempts to their dispatchers as refused: the tasks are queued again, and no failure is counted.
    /// </summary>
    public Task GiveBack(IEnumerable<LeaseRef> leases, long session) =>
        Task.WhenAll(NodeReports.Split(new NodeReport(node, session, [], [], [.. leases]))
            .Select(report => Dispatcher(report.Queue).Report(report.Report)));

    /// <summary>
    /// Passes a batch to the worker's stream.
    /// Leaves out start commands when no stream is open or their attempts were given back before.
    /// Gives these attempts back, if need be again, unless a copy of the command may have arrived.
    /// Drops cancels and kills when no stream is open: heartbeats repeat them.
    /// </summary>
    private void Deliver(NodeSession open, CommandBatch batch)
    {
        var now = clock.Now;
        var start = batch.Start.RemoveAll(command => open.Connection is null || !open.Holdings.Pass(command.Lease, now));
        if (start.Length < batch.Start.Length)
        {
            GiveBack(batch.Start.Except(start).Select(static command => command.Lease)
                .Where(lease => open.Holdings.TryGiveBack(lease, 0, now)), open.Number).FireAndForget();
            batch = batch with { Start = start };
        }

        // A batch comes from one dispatcher, so all of its commands belong to one queue.
        if (start is [var first, ..])
            open.Ledger.NoteUse(first.Lease.Queue);
        open.Connection?.Deliver(batch).FireAndForget();
    }

    private ITaskDispatcherGrain Dispatcher(string queue) =>
        grains.GetGrain<ITaskDispatcherGrain>(queue);
}
