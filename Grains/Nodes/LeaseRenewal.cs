using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Renews a worker's leases in one session, separately for each queue, at registrations and heartbeats. A lease that is
/// not renewed lapses, and its attempt counts as lost with the node. The same calls let dispatchers find lost commands.
/// Only turns of the grain use this class; calls interleave at the awaits.
/// </summary>
/// <remarks>
/// Only a dispatcher's reply renews a lease; an error, a timeout or silence confirms nothing. A silent queue delays no
/// other. A heartbeat's reply waits for <see cref="DispatchOptions.HeartbeatPatience"/>; later answers go into the next
/// reply. A queue has at most one call without a list and one with a list under way; of the heartbeats that arrive
/// during a call, only the newest is sent. After an eighth of a lease a call is abandoned, but its reply still counts.
/// </remarks>
internal sealed class LeaseRenewal(
    IGrainFactory grains, string node, long session, KnownQueues queues, DispatchOptions options,
    TimeProvider time, Action<string, Exception> silent)
{
    private readonly Dictionary<string, QueueTerm> terms = [];

    // Attempts for the worker to kill, not yet in a reply.
    private readonly HashSet<LeaseRef> kill = [];

    // Attempts that the worker's list lacked: the worker refuses those that it has not begun. Not yet in a reply.
    private readonly HashSet<LeaseRef> withdrawn = [];

    // Whether a dispatcher has given the session up: a lease lapsed there, or it knows a later session.
    private bool isOver;
    private long beats;

    public long Session => session;

    /// <summary>
    /// Renews with the queues of held attempts and with the <paramref name="asked"/> ones, which may have sent a lost
    /// command. Waits briefly and returns what is known. All attempts of a nonexistent queue are killed; while the
    /// store cannot be read, they are neither renewed nor killed. <paramref name="asOf"/> is by the worker's own clock;
    /// 0 if unknown. A worker that takes no terms needs a complete reply (<see cref="StatusReply.AllRenewed"/>), so the
    /// wait is longer.
    /// </summary>
    public async Task<StatusReply> Renew(
        IEnumerable<string> asked, ImmutableArray<LeaseRef> held, long asOf, bool takesTerms)
    {
        var beat = new Beat(++beats, asOf, held.ToLookup(static lease => lease.Queue));
        string[] named = [.. beat.Held.Select(static group => group.Key)];
        var unknown = queues.FindUnknown(named);
        var calls = asked.Union(named).Where(queue => !unknown.Contains(queue))
            .Select(queue => Send(queue, beat)).ToList();
        if (unknown.Count > 0)
            calls.Add(SendIfExists([.. unknown], beat));
        await Task.WhenAll(calls).Within(takesTerms ? options.HeartbeatPatience : options.Lease / 8, time);
        if (isOver)
            return new StatusReply(false, []);
        // The worker has begun these since an earlier list. It keeps them and reports the start.
        withdrawn.ExceptWith(held);
        ImmutableArray<LeaseRef> told = [.. kill.Union(withdrawn)];
        kill.Clear();
        withdrawn.Clear();
        return new StatusReply(true, told)
        {
            Terms =
            [
                .. named.Select(queue => new LeaseTerm(queue, TermOf(queue).AsOf))
                    .Where(static term => term.AsOf > 0),
            ],
            // Heartbeats may overtake each other: a later arrival that was sent earlier does not confirm this one.
            AllRenewed = named.All(
                queue => TermOf(queue) is var term && term.Beat >= beat.Number && term.AsOf >= asOf),
        };
    }

    private QueueTerm TermOf(string queue)
    {
        if (!terms.TryGetValue(queue, out var term))
            terms.Add(queue, term = new QueueTerm());
        return term;
    }

    /// <summary>Renews a queue's leases as of this heartbeat or a later one.</summary>
    private async Task Send(string queue, Beat beat)
    {
        var term = TermOf(queue);
        term.Next = beat;
        if (term.Calling.IsCompleted)
            term.Calling = Call(queue, term);
        await term.Calling;
        await term.Listing;
    }

    private async Task SendIfExists(string[] unknown, Beat beat)
    {
        IReadOnlySet<string> nonexistent;
        try
        {
            nonexistent = await queues.FindNonexistent(unknown);
        }
        catch (StoreUnavailableException)
        {
            return;
        }

        foreach (var lease in nonexistent.SelectMany(queue => beat.Held[queue]))
            kill.Add(lease);
        // No lease is left that could lapse.
        foreach (var queue in nonexistent)
            TermOf(queue).Confirm(beat);
        var existing = unknown.Where(queue => !nonexistent.Contains(queue));
        await Task.WhenAll(existing.Select(queue => Send(queue, beat)));
    }

    /// <summary>Sends the newest heartbeat, and repeats until no newer one has come.</summary>
    private async Task Call(string queue, QueueTerm term)
    {
        while (term.Next is { } beat && !isOver)
        {
            (term.Next, term.Sending) = (null, beat);
            await Renew(queue, term, beat).Within(options.Lease / 8, time);
            term.Sending = null;
        }
    }

    /// <summary>
    /// Sends a count and a digest of the tokens, and then the list if the dispatcher asks for it, because it expects
    /// other attempts or has restarted. Does not wait for the list, which may wait for a commit.
    /// </summary>
    private async Task Renew(string queue, QueueTerm term, Beat beat)
    {
        ImmutableArray<LeaseRef> held = [.. beat.Held[queue]];
        var digest = held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest);
        var leases = new NodeLeases(node, session, held.Length, digest, null, beat.AsOf);
        // Skips the list if it is late: it would lack attempts that have started since.
        if (await Take(queue, term, beat, leases) && term.Sending == beat && term.Listing.IsCompleted)
            term.Listing = Take(queue, term, beat, leases with { Held = held });
    }

    /// <summary>Calls the dispatcher and takes its reply. Returns true if the dispatcher asks for the list.</summary>
    private async Task<bool> Take(string queue, QueueTerm term, Beat beat, NodeLeases leases)
    {
        RenewReply reply;
        try
        {
            reply = await grains.Reference<ITaskDispatcherGrain>(queue).Renew(leases);
        }
        catch (Exception failure) when (
            failure is StoreUnavailableException or StoreRefusedException or OutcomeUnknownException or TimeoutException or OrleansException)
        {
            silent(queue, failure);
            return false;
        }

        if (reply.Epoch < term.Epoch)
            return false;
        term.Epoch = reply.Epoch;
        isOver |= reply.Outcome == RenewOutcome.SessionOver;
        var listed = leases.Held?.ToHashSet() ?? [];
        kill.UnionWith(reply.Kill.Where(listed.Contains));
        withdrawn.UnionWith(reply.Kill.Where(lease => !listed.Contains(lease)));
        if (reply.Outcome == RenewOutcome.Renewed)
            term.Confirm(beat);
        return reply.NeedsList;
    }

    /// <summary>A heartbeat or registration. Numbers rise by arrival; AsOf is the worker's clock, or 0.</summary>
    private sealed record Beat(long Number, long AsOf, ILookup<string, LeaseRef> Held);

    private sealed class QueueTerm
    {
        /// <summary>The newest heartbeat to send, or null.</summary>
        public Beat? Next { get; set; }

        /// <summary>The heartbeat being sent; null if none, or if the call was abandoned.</summary>
        public Beat? Sending { get; set; }

        public Task Calling { get; set; } = Task.CompletedTask;

        public Task Listing { get; set; } = Task.CompletedTask;

        /// <summary>The largest <see cref="Beat.AsOf"/> that the dispatcher has confirmed.</summary>
        public long AsOf { get; private set; }

        /// <summary>The largest <see cref="Beat.Number"/> that the dispatcher has confirmed.</summary>
        public long Beat { get; private set; }

        /// <summary>Epoch of the newest owner that has replied; replies of older owners are ignored.</summary>
        public long Epoch { get; set; }

        public void Confirm(Beat beat)
        {
            AsOf = Math.Max(AsOf, beat.AsOf);
            Beat = Math.Max(Beat, beat.Number);
        }
    }
}
