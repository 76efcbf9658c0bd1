using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Renews the leases of the attempts that a worker holds in one session, each queue's apart.
/// The dispatcher of a queue grants a lease on each attempt that it assigns to a node.
/// A lease that is not renewed in time lapses: the dispatcher then counts the attempt as lost with its node.
/// The node's grain calls this class whenever its worker registers or sends a heartbeat, and makes one for each
/// session. The same calls let each dispatcher find commands that were lost.
/// Only the turns of the grain use this class; calls interleave at the awaits.
/// </summary>
/// <remarks>
/// Only a dispatcher's own word renews a lease: an error, a timeout or silence confirms nothing. A queue that does
/// not answer delays no other one. A heartbeat's reply waits for the dispatchers for a moment
/// (<see cref="DispatchOptions.HeartbeatPatience"/>); what they say later is in the next reply.
/// At most one call without a list and one with a list is under way to a queue; of the heartbeats that come
/// meanwhile, the newest is sent next. After an eighth of a lease, a call is given up, but its reply still counts.
/// </remarks>
/// <param name="grains">Finds the dispatchers.</param>
/// <param name="node">The name of the node.</param>
/// <param name="session">The number of the session.</param>
/// <param name="queues">
/// Knows which queues exist. Only their dispatchers may be called, because a call would create the queue.
/// </param>
/// <param name="options">Have the length of a lease.</param>
/// <param name="time">The source of delays.</param>
/// <param name="silent">Called with each queue whose renewal failed, and the failure. For the log.</param>
internal sealed class LeaseRenewal(
    IGrainFactory grains, string node, long session, KnownQueues queues, DispatchOptions options,
    TimeProvider time, Action<string, Exception> silent)
{
    private readonly Dictionary<string, QueueTerm> terms = [];

    // The attempts that the worker must kill and that no reply has named yet.
    private readonly HashSet<LeaseRef> kill = [];

    // Attempts that the worker's list lacked, which it must refuse unless it has begun them since; not yet named by a reply.
    private readonly HashSet<LeaseRef> withdrawn = [];

    // Whether a dispatcher has given the session up: one of its leases has lapsed there, or it knows a later session.
    private bool isOver;
    private long beats;

    /// <summary>The number of the session.</summary>
    public long Session => session;

    /// <summary>
    /// Sends what the worker holds to the dispatcher of each queue in <paramref name="held"/> and
    /// <paramref name="asked"/>, and waits for them for a moment. The reply has what is known by then: from when the
    /// leases of each queue count, and which attempts the worker must kill; <see cref="StatusReply.SessionValid"/>
    /// is false once a dispatcher has given the session up.
    /// <list type="bullet">
    /// <item>The worker must kill all attempts of a queue that does not exist.</item>
    /// <item>While the store cannot tell whether a queue exists, its attempts are not renewed or killed.</item>
    /// </list>
    /// </summary>
    /// <param name="asked">
    /// Queues to call even if the worker holds no attempt of them:
    /// their dispatchers may have sent a command that was lost.
    /// </param>
    /// <param name="held">The attempts that the worker holds.</param>
    /// <param name="asOf">
    /// When the worker sent <paramref name="held"/>, by the worker's own clock; 0 when the worker does not say.
    /// </param>
    /// <param name="takesTerms">
    /// Whether the worker reads the terms of each queue. For one that does not, the reply waits longer, because
    /// only a reply for which all have answered is of use (<see cref="StatusReply.AllRenewed"/>).
    /// </param>
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
        // What it has begun since the list runs on: the worker reports the start.
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
            // Heartbeats may overtake each other: one that arrived later does not confirm this one if it was sent
            // before.
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

    /// <summary>Has a queue's leases renewed as of a heartbeat, or as of a later one.</summary>
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
        // There is no lease left that could lapse.
        foreach (var queue in nonexistent)
            TermOf(queue).Confirm(beat);
        var existing = unknown.Where(queue => !nonexistent.Contains(queue));
        await Task.WhenAll(existing.Select(queue => Send(queue, beat)));
    }

    /// <summary>Sends the newest heartbeat, until none has come meanwhile.</summary>
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
    /// Renews the leases of one queue. First sends only the number of attempts and a digest of their tokens.
    /// Sends the list of attempts when the dispatcher asks for it: it expects other attempts, or cannot know,
    /// as after its restart, which attempts the worker still has. Does not wait for the list: it may wait for a commit.
    /// </summary>
    private async Task Renew(string queue, QueueTerm term, Beat beat)
    {
        ImmutableArray<LeaseRef> held = [.. beat.Held[queue]];
        var digest = held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest);
        var leases = new NodeLeases(node, session, held.Length, digest, null, beat.AsOf);
        // A list that is late would lack attempts that have started since.
        if (await Take(queue, term, beat, leases) && term.Sending == beat && term.Listing.IsCompleted)
            term.Listing = Take(queue, term, beat, leases with { Held = held });
    }

    /// <summary>Calls the dispatcher and takes its reply. True when it asks for the list.</summary>
    private async Task<bool> Take(string queue, QueueTerm term, Beat beat, NodeLeases leases)
    {
        RenewReply reply;
        try
        {
            reply = await grains.GetGrain<ITaskDispatcherGrain>(queue).Renew(leases);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OutcomeUnknownException or TimeoutException or OrleansException)
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

    /// <summary>A heartbeat or registration.</summary>
    /// <param name="Number">Rises with every one that arrives in the session.</param>
    /// <param name="AsOf">When the worker sent it, by the worker's clock; 0 when the worker does not say.</param>
    /// <param name="Held">What the worker held then.</param>
    private sealed record Beat(long Number, long AsOf, ILookup<string, LeaseRef> Held);

    /// <summary>What is known of the leases of one queue.</summary>
    private sealed class QueueTerm
    {
        /// <summary>The newest heartbeat that is to be sent; null when there is none.</summary>
        public Beat? Next { get; set; }

        /// <summary>The heartbeat that is being sent; null when there is none, or the call was given up.</summary>
        public Beat? Sending { get; set; }

        /// <summary>Sends <see cref="Next"/>; complete when nothing is being sent.</summary>
        public Task Calling { get; set; } = Task.CompletedTask;

        /// <summary>The latest call with a list; complete when none is under way.</summary>
        public Task Listing { get; set; } = Task.CompletedTask;

        /// <summary>The largest <see cref="Beat.AsOf"/> that the dispatcher has confirmed; 0 for none.</summary>
        public long AsOf { get; private set; }

        /// <summary>The largest <see cref="Beat.Number"/> that the dispatcher has confirmed; 0 for none.</summary>
        public long Beat { get; private set; }

        /// <summary>
        /// The epoch of the newest owner that has replied. Older owners are not listened to any more.
        /// </summary>
        public long Epoch { get; set; }

        /// <summary>The dispatcher has renewed the leases as of a heartbeat.</summary>
        public void Confirm(Beat beat)
        {
            AsOf = Math.Max(AsOf, beat.AsOf);
            Beat = Math.Max(Beat, beat.Number);
        }
    }
}
