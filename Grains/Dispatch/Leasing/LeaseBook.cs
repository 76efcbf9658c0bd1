using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// The leases of one queue: which node holds which attempt, and until when. The book makes no decisions about tasks: it
/// returns leases that are lost, lapsed or never started, and the caller passes each to <see cref="Attempts"/>, which
/// releases it. Renewals and terms are in memory only. Times are Unix milliseconds of the dispatcher's clock, except
/// <c>asOf</c> and <see cref="NodeLeases.SentAt"/>, which are the worker's own time of its latest heartbeat. The worker
/// counts the term from that time.
/// </summary>
/// <remarks>
/// A heartbeat carries a digest: the count of the worker's leases and the xor of their tokens. It renews the current
/// leases once the worker has shown what it holds in its session (<see cref="DispatchNode.ListedIn"/>). If the digest
/// differs, the reply asks for the list, which shows what to repeat, what to kill and what is lost.
/// <para>A lease is <em>current</em> when heartbeats of its node's current session renew it:</para>
/// <code>
/// granted here         -> current
/// read from the store  -> not current, with a full new term
/// current      --the node begins a newer session----------> not current, with the rest of its term
/// not current  --the node's list has it-------------------> current, held by the node's session
/// not current  --a list of the lease's session lacks it,
///                and the attempt has not started----------> current; its start command is repeated (NotHeld)
/// </code>
/// A node's current leases lapse with its term, but not before <see cref="Lease.NotBefore"/>; any other lease lapses at
/// <see cref="Lease.ExpiresAt"/>. A lapsed lease stays until it is released.
/// </remarks>
internal sealed class LeaseBook(
    string queue, DispatchOptions options, OpenTasks tasks, NodeSet nodes, IRandomness random)
{
    private const int MaxResends = 3;

    // In milliseconds.
    private readonly long term = (long)options.Lease.TotalMilliseconds;
    private readonly long proofTerm = (long)options.ProofTerm.TotalMilliseconds;
    private readonly long heartbeat = (long)options.Heartbeat.TotalMilliseconds;

    // By node, the time of its earliest entry in lapses. Later entries of the node are stale.
    private readonly Dictionary<DispatchNode, long> watched = [];

    // When to look at each node with leases. Renewals move no entries, so most come early; TryLapse then adds the next.
    private TimeWatch<DispatchNode> lapses = new(static _ => true);

    // No lease lapses before this time (Own); 0 for none.
    private long fencedUntil;

    /// <summary>When to call <see cref="TryLapse"/> next; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => lapses.Next;

    /// <summary>
    /// Notes the takeover of the queue; must be called first. A previous owner that has not noticed may renew leases,
    /// even those granted here, for the rest of its proof term, so none lapses until that and one more term are over.
    /// </summary>
    public void Own(long now) => fencedUntil = proofTerm == 0 ? 0 : now + term + proofTerm;

    /// <summary>
    /// Restores the lease of an assigned or running task, right after <see cref="OpenTasks.TryLoad"/>. The lease gets a
    /// full term, because renewals are not stored, plus the proof term, in which the previous owner may still renew it.
    /// </summary>
    public void Load(ref TaskSlot task, int slot, in TaskRow row, long now)
    {
        var node = nodes.Get(row.Node ?? "");
        node.EnterSession(row.NodeSession);
        var end = now + term + proofTerm;
        var held = new Lease(slot, row.Token, node.RoomOf(task.Signature.Shape))
        {
            AssignedAt = now,
            SentAt = now,
            StartedAt = row.StartedAt,
            CancelRequestedAt = row.CancelRequestedAt,
            IsReplaced = row.Reason == EndReason.Replaced,
            ExpiresAt = end,
            NotBefore = proofTerm == 0 ? 0 : end,
            Session = row.NodeSession,
        };
        task.Detail = held;
        node.Hold.Add(held);
        Watch(node, held.ExpiresAt);
    }

    /// <summary>
    /// Creates the lease of a queued task's next attempt on a node with room, in the term of the node's current leases
    /// or a new one. The caller then moves the task to assigned, adds the start command to the draft and records the
    /// task.
    /// </summary>
    public Lease Grant(ref TaskSlot task, int slot, DispatchNode node, long now)
    {
        var held = new Lease(slot, new LeaseToken(random.NextBits(), random.NextBits()), node.RoomOf(task.Signature.Shape))
        {
            Session = node.Session,
            IsCurrent = true,
            AssignedAt = now,
            SentAt = now,
            NotBefore = fencedUntil > now ? fencedUntil : 0,
            Before = task.Detail as LastAttempt,
        };
        if (node.Hold.CurrentCount == 0)
            node.Hold.Renew(now + term, held.Room.Grant.AsOf);
        node.Hold.Add(held);
        node.Rest.Given(held);
        Watch(node, node.Hold.RenewedUntil);
        nodes.Ranks.Update(node);
        task.Attempt++;
        task.Detail = held;
        return held;
    }

    /// <summary>Notes that an attempt started, which ends the node's <see cref="NodeRest"/>.</summary>
    public void Confirm(Lease held)
    {
        held.MissingSince = 0;
        if (held.Node.Rest.Clear())
            nodes.Ranks.Update(held.Node);
    }

    /// <summary>Ends a lease. Call it once; the caller then replaces the task's detail or removes the task.</summary>
    public void Release(Lease held, long now)
    {
        var node = held.Node;
        node.Hold.Remove(held);
        node.Rest.Left(held);
        if (node.Hold.Count == 0)
            node.IdleSince = now;
        nodes.Ranks.Update(node);
    }

    /// <summary>
    /// Finds the lease that a report names, whatever its session. Returns false if the task has no lease, or one with
    /// another token or attempt number; the report must then change nothing.
    /// </summary>
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
    /// Renews a node's current leases without its list. Renews nothing and asks for the list if the worker may hold
    /// attempts that it has not listed in this session. Otherwise, a different digest does not prevent the renewal,
    /// because commands are always under way, but the reply asks for the list, as it does if a cancel must be repeated.
    /// Returns null and renews nothing if the request has a list, because that needs a round (<see cref="Renew"/>).
    /// Changes memory only, so it is safe during a commit.
    /// </summary>
    public RenewReply? TryRenew(NodeLeases leases, long now)
    {
        var node = nodes.Get(leases.Node);
        node.EnterSession(leases.Session);
        nodes.Ranks.Update(node);
        if (IsOver(node, leases))
            return new RenewReply(RenewOutcome.SessionOver, []);
        if (leases.Held is not null)
            return null;
        var hold = node.Hold;
        var agrees = hold.Agrees(leases.Count, leases.Digest);
        if (agrees)
            node.ListedIn = node.Session;
        else if (leases.Count > 0 && node.ListedIn != node.Session)
            return new RenewReply(RenewOutcome.ListNeeded, []) { NeedsList = true };
        var needsList = !agrees;
        foreach (var held in hold.All)
        {
            needsList |= IsCancelDue(held, now);
            if (agrees)
                held.MissingSince = 0;
        }

        hold.Renew(now + term, leases.SentAt);
        return new RenewReply(RenewOutcome.Renewed, []) { NeedsList = needsList };
    }

    /// <summary>
    /// Renews a node's leases in a round. If the request has a list, repeats lost start commands and cancels through
    /// the draft, names in the reply the attempts that the worker must kill, and adds to <paramref name="lost"/> the
    /// started ones that the node no longer has.
    /// </summary>
    public RenewReply Renew(NodeLeases leases, long now, CommitDraft draft, List<Lease> lost) =>
        TryRenew(leases, now)
        ?? RenewByList(nodes.Get(leases.Node), leases.Held!.Value, leases.SentAt, now, draft, lost);

    /// <summary>
    /// Adds the lapsed leases of the next due node to <paramref name="lapsed"/>. Returns false if no node is due. The
    /// caller must pass each of them to <see cref="Attempts.Lose"/>, because later calls may leave them out.
    /// </summary>
    public bool TryLapse(long now, List<Lease> lapsed)
    {
        if (!lapses.TryTake(now, out var node))
            return false;
        if (!watched.TryGetValue(node, out var due) || due > now)
            return true;
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

        // The session gets no more work here. The reply to its next heartbeat says so, and the worker registers again.
        if (lapsed.Exists(held => held.Node == node && held.Session == node.Session))
            node.SessionOver = node.Session;
        nodes.Ranks.Update(node);
        if (next != long.MaxValue)
            Watch(node, next);
        return true;
    }

    /// <summary>
    /// Finds the leases of earlier sessions whose attempts the worker does not have and can never get back. If the
    /// lease's session was of the worker's present run (process), the lease is added to <paramref name="unstarted"/>
    /// while its task is assigned, and to <paramref name="lost"/> otherwise. A lease of an earlier run is lost if the
    /// attempt's processes are dead; otherwise it stays until it lapses.
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

    /// <summary>
    /// Returns the reference that names a lease in messages to the node. Its slot must still hold its task.
    /// </summary>
    public LeaseRef RefOf(Lease held)
    {
        ref var task = ref tasks[held.Slot];
        return new LeaseRef(task.Id, queue, task.Attempt, held.Token);
    }

    /// <summary>
    /// Returns the command that starts an attempt. It has the task's spec and secrets only if the task is new in this
    /// draft; otherwise the silo's node service reads them from the store.
    /// </summary>
    public StartCommand CommandFor(Lease held, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        var reference = RefOf(held);
        var asOf = held.Node.Hold.AsOf;
        var isSandboxed = task.Signature.Limits.HasFlag(Limits.Sandbox);
        var resources = held.Room.Shape.IsEmpty ? null : held.Room.Shape;
        if (task.Chunk is { } chunk)
        {
            return new StartCommand(reference, chunk.Job.Name, default, default, chunk.Work, asOf)
            {
                IsSandboxed = isSandboxed,
                Resources = resources,
            };
        }

        var submission = draft.Find(task.No)?.New;
        var failures = (byte)task.Failures[FailureCause.OutOfMemory];
        return new StartCommand(
            reference, submission?.Name ?? "", submission?.Spec ?? default, submission?.SecretEnv ?? default,
            AsOf: asOf, OutOfMemoryFailures: failures)
        {
            IsSandboxed = isSandboxed,
            Resources = resources,
            Lasts = task.Signature.Lasts == long.MaxValue ? 0 : task.Signature.Lasts,
        };
    }

    /// <summary>Watches all nodes again, because the clock step has moved their terms.</summary>
    public void ClockStepped(long by)
    {
        if (fencedUntil != 0)
            fencedUntil += by;
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
        node.ListedIn = node.Session;
        // Renew first: leases adopted below lapse with this term.
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
        // If this activation was replaced without noticing, an unknown attempt may belong to its successor. The commit
        // then fails, and nothing is killed.
        draft.NeedsOwner |= kill.Count > 0;
        return new RenewReply(RenewOutcome.Renewed, kill.ToImmutable());
    }

    // Makes a lease current, in the node's session, and stores that session. Otherwise the next owner would count the
    // lease towards the earlier session, and lose it if the processes of that session are dead.
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

    // Handles a lease that the node's list lacks, except one of an earlier session, whose processes may still run, and
    // one with a command that may still be under way. If the attempt has not started, its start command was lost: it is
    // repeated under the same token, once per heartbeat, at most MaxResends times. After that, or to cancel, the reply
    // orders the worker to kill the attempt. A worker that has not started the attempt refuses it, which puts the task
    // back or cancels it; a worker that started it after sending the list lets it run and reports the start. A started
    // attempt is lost once it has been missing from the lists for two heartbeats.
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

    // Schedules a look at a node, unless an earlier one is scheduled.
    private void Watch(DispatchNode node, long at)
    {
        if (watched.TryGetValue(node, out var due) && due <= at)
            return;
        watched[node] = at;
        lapses.Add(node, at);
    }
}
