using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The leases of a partition: which attempt each node holds, renewed by heartbeats, compared by digest and by list. It decides nothing
/// about tasks: it names leases that are lost, lapsed or were never started, and still holds them until <see cref="Attempts"/>, which
/// the caller calls for each of them, releases them. Renewals and terms are in memory only. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A lease is <em>current</em> when heartbeats of its node's session renew it:
/// <code>
/// (granted) -> current ------a newer session begins------> not current
/// (loaded)  -> not current, with a full new term
/// not current --its node lists it, in whatever session-----> current, held by the node's session from now on
/// not current --its session's list lacks it, not started---> current, the start command is sent again
/// current: lapses with the node's term                       not current: lapses by itself at ExpiresAt
/// </code>
/// </remarks>
internal sealed class LeaseBook(
    PartitionKey partition, DispatchOptions options, OpenTasks tasks, NodeSet nodes, IRandomness random)
{
    /// <summary>How often a start command is sent again before the node is told to refuse the attempt.</summary>
    private const int MaxResends = 3;

    /// <summary>The length of a lease, in milliseconds.</summary>
    private readonly long term = (long)options.Lease.TotalMilliseconds;
    private readonly long proofTerm = (long)options.ProofTerm.TotalMilliseconds;

    /// <summary>The time between two heartbeats of a worker, in milliseconds.</summary>
    private readonly long heartbeat = (long)options.Heartbeat.TotalMilliseconds;

    /// <summary>
    /// The nodes that have an entry in <see cref="lapses"/>, one each. An entry is never later than its node's first lapse: renewals
    /// leave it where it is, and <see cref="TryLapse"/> replaces it.
    /// </summary>
    private readonly HashSet<DispatchNode> watched = [];
    private TimeWatch<DispatchNode> lapses = new(static _ => true);

    /// <summary>The earliest time at which a lease may lapse, or earlier; <see cref="long.MaxValue"/> when no node is watched.</summary>
    public long Next => lapses.Next;

    /// <summary>
    /// Gives a stored lease back to its task, at once after <see cref="OpenTasks.TryLoad"/> took the task in. It gets a full new term,
    /// since renewals are written nowhere, plus the time for which the previous owner may have gone on confirming it. It is current once
    /// its node has listed it.
    /// </summary>
    public void Load(ref TaskSlot task, int slot, in TaskRow row, long now)
    {
        var node = nodes.Get(row.Node ?? "");
        node.EnterSession(row.NodeSession);
        var end = now + term + proofTerm;
        var held = new Lease(slot, row.Token, node)
        {
            AssignedAt = now,
            SentAt = now,
            StartedAt = row.StartedAt,
            CancelRequestedAt = row.CancelRequestedAt,
            ExpiresAt = end,
            NotBefore = proofTerm == 0 ? 0 : end,
            Session = row.NodeSession,
        };
        task.Detail = held;
        node.Hold.Add(held);
        Watch(node, held.ExpiresAt);
    }

    /// <summary>
    /// Gives a queued task to a node with room: a new attempt under a new token. It joins the term of the node's current leases; when
    /// there are none, a full term begins. The caller then moves the task to assigned, sends the command, and records the task.
    /// </summary>
    public Lease Grant(ref TaskSlot task, int slot, DispatchNode node, long now)
    {
        var held = new Lease(slot, new LeaseToken(random.NextBits(), random.NextBits()), node)
        {
            Session = node.Session,
            IsCurrent = true,
            AssignedAt = now,
            SentAt = now,
            Before = task.Detail as LastAttempt,
        };
        if (node.Hold.CurrentCount == 0)
            node.Hold.Renew(now + term, node.Grant.AsOf);
        node.Hold.Add(held);
        node.Rest.Given(held);
        Watch(node, node.Hold.RenewedUntil);
        nodes.Ranks.Update(node);
        task.Attempt++;
        task.Detail = held;
        return held;
    }

    /// <summary>The node has taken an attempt up: if the node was resting or probing after refusals, it works again.</summary>
    public void Confirm(Lease held)
    {
        held.MissingSince = 0;
        if (held.Node.Rest.Clear())
            nodes.Ranks.Update(held.Node);
    }

    /// <summary>
    /// The node holds the attempt no more, whatever became of it. Once for each lease; the caller replaces the task's
    /// <see cref="TaskSlot.Detail"/> or removes the task.
    /// </summary>
    public void Release(Lease held, long now)
    {
        var node = held.Node;
        node.Hold.Remove(held);
        node.Rest.Left(held);
        if (node.Hold.Count == 0)
            node.IdleSince = now;
        nodes.Ranks.Update(node);
    }

    /// <summary>The lease that a node speaks of, of whatever session; false when its token or attempt is not the task's.</summary>
    public bool TryFind(LeaseRef reference, out Lease held)
    {
        held = null!;
        if (!tasks.TryFind(reference.Task, out var slot) || tasks[slot].Lease is not { } found || found.Token != reference.Token
            || tasks[slot].Attempt != reference.Attempt)
            return false;
        held = found;
        return true;
    }

    /// <summary>
    /// Renews a node's leases by digest; asks for the list when the digests differ or a lease is not current. Null when the caller must
    /// call <see cref="Renew"/> in a round instead: the request has a list, or a cancel is to be repeated. Touches memory only, so it may
    /// be called between rounds, even while a commit is under way.
    /// </summary>
    public RenewReply? TryRenewByDigest(NodeLeases leases, long now)
    {
        var node = nodes.Get(leases.Node);
        node.EnterSession(leases.Session);
        nodes.Ranks.Update(node);
        if (IsOver(node, leases))
            return new RenewReply(RenewOutcome.SessionOver, []);
        if (leases.Held is not null)
            return null;
        var hold = node.Hold;
        if (leases.Count != hold.CurrentCount || leases.Digest != hold.Digest || hold.CurrentCount != hold.Count)
            return new RenewReply(RenewOutcome.ListNeeded, []);
        foreach (var held in hold.All)
        {
            if (IsCancelDue(held, now))
                return null;
        }

        foreach (var held in hold.All)
            held.MissingSince = 0;
        hold.Renew(now + term, leases.SentAt);
        return new RenewReply(RenewOutcome.Renewed, []);
    }

    /// <summary>Renews a node's leases by digest or by list, in a round. Repeats start commands and cancels that were lost.</summary>
    /// <param name="leases">What the node holds.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where commands and changes go.</param>
    /// <param name="lost">
    /// Gets the leases that the node had taken up and has no more; the caller calls <see cref="Attempts.Lose"/> for each.
    /// </param>
    public RenewReply Renew(NodeLeases leases, long now, CommitDraft draft, List<Lease> lost)
    {
        if (TryRenewByDigest(leases, now) is { } reply)
            return reply;
        var node = nodes.Get(leases.Node);
        if (leases.Held is { } list)
            return RenewByList(node, list, leases.SentAt, now, draft, lost);
        foreach (var held in node.Hold.All)
        {
            held.MissingSince = 0;
            RepeatCancel(held, now, draft);
        }

        node.Hold.Renew(now + term, leases.SentAt);
        return new RenewReply(RenewOutcome.Renewed, []);
    }

    /// <summary>
    /// Takes the next node that is due to be looked at, and adds its leases that have lapsed, if any, to <paramref name="lapsed"/>. The
    /// caller calls this until it is false or enough have lapsed, and then <see cref="Attempts.Lose"/> for each lease: none of them is
    /// watched any longer. False when no node is due.
    /// </summary>
    public bool TryLapse(long now, List<Lease> lapsed)
    {
        if (!lapses.TryTake(now, out var node))
            return false;
        watched.Remove(node);
        var next = long.MaxValue;
        foreach (var held in node.Hold.All)
        {
            var at = node.Hold.LapsesAt(held);
            if (at > now)
                next = Math.Min(next, at);
            else
                lapsed.Add(held);
        }

        // A session with a lapsed lease gets no more work here: its worker must register anew.
        if (lapsed.Exists(held => held.Node == node && held.Session == node.Session))
            node.SessionOver = node.Session;
        nodes.Ranks.Update(node);
        if (next != long.MaxValue)
            Watch(node, next);
        return true;
    }

    /// <summary>
    /// Adds the attempts of its earlier sessions that a node can never have again to <paramref name="unstarted"/>, for
    /// <see cref="Attempts.PutBack"/>, when its worker never started them, else to <paramref name="lost"/>, for
    /// <see cref="Attempts.Lose"/>. An attempt that nothing is known of stays until it lapses.
    /// </summary>
    public void SessionBegan(string id, SessionStart start, List<Lease> unstarted, List<Lease> lost)
    {
        var node = nodes.Get(id);
        node.Inquiry.Told(start.Session);
        var tokens = start.Held.Select(static lease => lease.Token).ToHashSet();
        foreach (var held in node.Hold.All)
        {
            if (held.Session >= start.Session || tokens.Contains(held.Token))
                continue;
            var isSameRun = start.RunSessions.Contains(held.Session);
            if (isSameRun && tasks[held.Slot].State == TaskState.Assigned)
                unstarted.Add(held);
            else if (isSameRun || start.TreesDead || start.DeadSessions.Contains(held.Session))
                lost.Add(held);
        }
    }

    /// <summary>How messages to the node name the lease. The task must still be in its slot.</summary>
    public LeaseRef RefOf(Lease held)
    {
        ref var task = ref tasks[held.Slot];
        return new LeaseRef(task.Id, partition, task.Attempt, held.Token);
    }

    /// <summary>
    /// The command that starts an attempt. It brings the spec and the secrets when the task is new in this draft; otherwise they are
    /// empty and the node's side reads them from the store.
    /// </summary>
    public StartCommand CommandFor(Lease held, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        var reference = RefOf(held);
        var asOf = held.Node.Hold.AsOf;
        if (task.Chunk is { } chunk)
            return new StartCommand(reference, chunk.Job.Name, default, default, chunk.Work, asOf);
        return draft.Find(task.No)?.New is { } submission
            ? new StartCommand(reference, submission.Name, submission.Spec, submission.SecretEnv, AsOf: asOf)
            : new StartCommand(reference, "", default, default, AsOf: asOf);
    }

    /// <summary>The wall clock was set. Called after <see cref="DispatchNode.ClockStepped"/> of every node, whose terms it reads.</summary>
    public void ClockStepped()
    {
        lapses = new TimeWatch<DispatchNode>(static _ => true);
        watched.Clear();
        foreach (var node in nodes.All)
        {
            if (node.Hold.Count > 0)
                Watch(node, node.Hold.FirstLapse());
        }
    }

    private static bool IsOver(DispatchNode node, NodeLeases leases) =>
        leases.Session < node.Session || leases.Session == node.SessionOver;

    private RenewReply RenewByList(
        DispatchNode node, ImmutableArray<LeaseRef> list, long asOf, long now, CommitDraft draft, List<Lease> lost)
    {
        var kill = ImmutableArray.CreateBuilder<LeaseRef>();
        var seen = new HashSet<LeaseToken>();
        // Before leases are adopted: they join this term.
        node.Hold.Renew(now + term, asOf);
        foreach (var reference in list)
        {
            seen.Add(reference.Token);
            if (!node.Hold.TryGet(reference.Token, out var held))
            {
                kill.Add(reference);
                continue;
            }

            held.MissingSince = 0;
            Adopt(node, held, draft);
            RepeatCancel(held, now, draft);
        }

        foreach (var held in node.Hold.All.Where(held => !seen.Contains(held.Token)).ToArray())
            NotHeld(node, held, now, draft, kill, lost);
        if (node.Hold.Count > 0)
            Watch(node, node.Hold.RenewedUntil);
        // An activation that was replaced without knowing it does not know its successor's leases, and must not have them killed.
        draft.NeedsOwner |= kill.Count > 0;
        return new RenewReply(RenewOutcome.Renewed, kill.ToImmutable());
    }

    /// <summary>
    /// Makes a lease one of the node's current session. That is written down, so that the next owner does not take it
    /// for one of a session whose processes are dead.
    /// </summary>
    private void Adopt(DispatchNode node, Lease held, CommitDraft draft)
    {
        if (held.IsCurrent)
            return;
        node.Hold.MakeCurrent(held);
        if (held.Session == node.Session)
            return;
        held.Session = node.Session;
        tasks.Record(draft, ref tasks[held.Slot], changed: false);
    }

    /// <summary>
    /// The node does not list an attempt it was given. A start command that was lost is sent again under the same token, at most three
    /// times and once a heartbeat; after that, or when the task was cancelled meanwhile, the node is told to kill the attempt, which it
    /// reports as refused. An attempt that the node had taken up is lost when the lists lack it for two heartbeats. An attempt of an
    /// earlier session stays until it lapses.
    /// </summary>
    private void NotHeld(
        DispatchNode node, Lease held, long now, CommitDraft draft, ImmutableArray<LeaseRef>.Builder kill, List<Lease> lost)
    {
        if (held.Session != node.Session || now - held.SentAt < heartbeat)
            return;
        if (held.MissingSince == 0)
            held.MissingSince = now;
        if (tasks[held.Slot].State == TaskState.Assigned)
        {
            Adopt(node, held, draft);
            held.SentAt = now;
            if (held.CancelRequestedAt != 0 || held.Resent++ >= MaxResends)
                kill.Add(RefOf(held));
            else
                draft.For(node.Id, node.Session).Start.Add(CommandFor(held, draft));
        }
        else if (now - held.MissingSince >= 2 * heartbeat)
            lost.Add(held);
    }

    /// <summary>Whether a cancel was asked for and not sent for a heartbeat.</summary>
    private bool IsCancelDue(Lease held, long now) => held.CancelRequestedAt != 0 && now - held.SentAt >= heartbeat;

    private void RepeatCancel(Lease held, long now, CommitDraft draft)
    {
        if (!IsCancelDue(held, now))
            return;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(RefOf(held));
    }

    /// <summary>Has <see cref="TryLapse"/> look at a node at a time, unless it will look at the node earlier anyway.</summary>
    private void Watch(DispatchNode node, long at)
    {
        if (watched.Add(node))
            lapses.Add(node, at);
    }
}
