using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The leases of a partition: which attempt is in which node's hands, renewed by heartbeats, compared by digest and by
/// list. It decides nothing about tasks; it names the leases that are lost, and <see cref="Attempts"/> says what
/// follows. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A lease is <em>current</em> while its node's session is the one that holds it:
/// <code>
/// (granted) -> current --node registers anew--> of an earlier session --the node lists it--> current
///    current: lapses with the node's term              lapses by itself at ExpiresAt
/// (loaded)  -> of an earlier session, with a full new term
/// </code>
/// </remarks>
internal sealed class LeaseBook(
    PartitionKey partition, DispatchOptions options, OpenTasks tasks, NodeSet nodes, IRandomness random)
{
    private const int MaxResends = 3;
    private readonly long term = (long)options.Lease.TotalMilliseconds;
    private readonly long heartbeat = (long)options.Heartbeat.TotalMilliseconds;
    private readonly HashSet<DispatchNode> watched = [];
    private TimeWatch<DispatchNode> lapses = new(static _ => true);

    /// <summary>When the first lease may lapse; <see cref="long.MaxValue"/> when none is held.</summary>
    public long Next => lapses.Next;

    /// <summary>Gives a stored lease back to its task, with a full new term: renewals are written nowhere.</summary>
    public void Load(ref TaskSlot task, int slot, in TaskRow row, long now)
    {
        var node = nodes.Get(row.Node ?? "");
        node.EnterSession(row.NodeSession);
        var held = new Lease(slot, row.Token, node)
        {
            AssignedAt = now,
            SentAt = now,
            StartedAt = row.StartedAt,
            CancelRequestedAt = row.CancelRequestedAt,
            ExpiresAt = now + term,
            Session = row.NodeSession,
        };
        task.Detail = held;
        node.Hold.Add(held);
        Watch(node, held.ExpiresAt);
    }

    /// <summary>Puts a queued task into a node's hands: a new attempt under a new token.</summary>
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

    /// <summary>The node has taken an attempt up: it is no node that refuses everything.</summary>
    public void Confirm(Lease held)
    {
        held.MissingSince = 0;
        if (held.Node.Rest.Clear())
            nodes.Ranks.Update(held.Node);
    }

    /// <summary>Takes an attempt out of its node's hands, whatever became of it.</summary>
    public void Release(Lease held, long now)
    {
        var node = held.Node;
        node.Hold.Remove(held);
        node.Rest.Left(held);
        if (node.Hold.Count == 0)
            node.IdleSince = now;
        nodes.Ranks.Update(node);
    }

    /// <summary>The current lease that a node speaks of; false when its token is not the task's.</summary>
    public bool TryFind(LeaseRef reference, out Lease held)
    {
        held = null!;
        if (!tasks.TryFind(reference.Task, out var slot) || tasks[slot].Lease is not { } current || current.Token != reference.Token)
            return false;
        held = current;
        return true;
    }

    /// <summary>
    /// Renews a node's leases by digest. Null when the list is needed, or when a cancel is to be repeated with it,
    /// which takes a commit. Touches memory only, so it may be called between rounds.
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

    /// <summary>Renews a node's leases by digest or by list.</summary>
    /// <param name="leases">What the node holds.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where commands and changes go.</param>
    /// <param name="lost">Leases that the node had taken up and has no more.</param>
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
    /// Takes a node whose term, or the first of whose terms, is over, with the leases that have lapsed. False when
    /// there is none.
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

        if (lapsed.Exists(held => held.Session == node.Session))
            node.SessionOver = node.Session;
        nodes.Ranks.Update(node);
        if (next != long.MaxValue)
            Watch(node, next);
        return true;
    }

    /// <summary>
    /// Tells which attempts of its earlier sessions a node can never have again: one that never started is <paramref
    /// name="unstarted"/>, the others are <paramref name="lost"/>. What nothing is known of runs out its term.
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

    public LeaseRef RefOf(Lease held)
    {
        ref var task = ref tasks[held.Slot];
        return new LeaseRef(task.Id, partition, task.Attempt, held.Token);
    }

    /// <summary>The command that starts an attempt.</summary>
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

    /// <summary>The wall clock was set by so many milliseconds, which the nodes know already.</summary>
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
        // An activation that was replaced without knowing it has never heard of its successor's leases.
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
    /// The node does not have an attempt it was given. A command that was lost is sent again under the same token; when
    /// it seems never to arrive, or was cancelled before it did, the node shall refuse the attempt. An attempt that the
    /// node had taken up and has no more is lost. What an earlier session had runs out its term.
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

    private bool IsCancelDue(Lease held, long now) => held.CancelRequestedAt != 0 && now - held.SentAt >= heartbeat;

    private void RepeatCancel(Lease held, long now, CommitDraft draft)
    {
        if (!IsCancelDue(held, now))
            return;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(RefOf(held));
    }

    private void Watch(DispatchNode node, long at)
    {
        if (watched.Add(node))
            lapses.Add(node, at);
    }
}
