using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Keeps the leases of one queue: which node holds which attempt, and until when. <see cref="Matching"/> has leases
/// granted, heartbeats renew them, and <see cref="Attempts"/>, <see cref="TaskEnding"/> and <see cref="ChunkRuns"/>
/// release them. The book decides nothing about tasks. It returns the leases that are lost, have lapsed or were never
/// started, and the caller passes each to <see cref="Attempts"/>, which releases it. Renewals and terms are in memory
/// only. Times are Unix milliseconds of the dispatcher's clock. Only <c>asOf</c> and <see cref="NodeLeases.SentAt"/>
/// are of the worker's clock: when the worker sent its latest heartbeat, from which the worker counts the term.
/// </summary>
/// <remarks>
/// A heartbeat first brings a digest: the number of leases that the worker holds and the xor of their tokens. It renews
/// the current leases once the worker has shown what it holds in its session (<see cref="DispatchNode.ListedIn"/>). If
/// it differs from the digest here, the reply asks for the list of leases, and the list shows which commands to repeat,
/// which attempts to kill and which are lost.
/// <para>A lease is <em>current</em> when heartbeats of its node's current session renew it:</para>
/// <code>
/// granted here         -> current
/// read from the store  -> not current, with a full new term
/// current      --the node begins a newer session---------------> not current, with the rest of its term
/// not current  --the list of the node's session has it---------> current, held by that session from then on
/// not current  --that session holds it, its list lacks it,
///                and the attempt has not started---------------> current; its start command is repeated (NotHeld)
/// </code>
/// The current leases of a node lapse together, at the end of the node's term, except those that were read from the
/// store (<see cref="Lease.NotBefore"/>). Any other lease lapses at <see cref="Lease.ExpiresAt"/>. A lapsed lease is
/// held until it is released.
/// </remarks>
internal sealed class LeaseBook(
    string queue, DispatchOptions options, OpenTasks tasks, NodeSet nodes, IRandomness random)
{
    /// <summary>How often a start command is repeated before the worker is told to kill the attempt.</summary>
    private const int MaxResends = 3;

    // Times in milliseconds.
    private readonly long term = (long)options.Lease.TotalMilliseconds;
    private readonly long proofTerm = (long)options.ProofTerm.TotalMilliseconds;
    private readonly long heartbeat = (long)options.Heartbeat.TotalMilliseconds;

    /// <summary>
    /// By node: the time of its earliest entry in <see cref="lapses"/>. A later entry of the node is stale, and is
    /// ignored when it is taken.
    /// </summary>
    private readonly Dictionary<DispatchNode, long> watched = [];

    /// <summary>
    /// When to look at each node that holds leases. A renewal does not move the entry, so most entries come before the
    /// node's first lapse; <see cref="TryLapse"/> then adds the next.
    /// </summary>
    private TimeWatch<DispatchNode> lapses = new(static _ => true);

    /// <summary>Until when no lease lapses, because a previous owner may renew it (<see cref="Own"/>); or 0.</summary>
    private long fencedUntil;

    /// <summary>When to call <see cref="TryLapse"/> next; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => lapses.Next;

    /// <summary>
    /// Called first, when the queue was taken over. A previous owner that does not know it renews leases for the
    /// rest of its proof term, also those granted here. So nothing lapses until that and one term more are over.
    /// </summary>
    public void Own(long now) => fencedUntil = proofTerm == 0 ? 0 : now + term + proofTerm;

    /// <summary>
    /// Restores the lease of an assigned or running task that was read from the store. Called right after
    /// <see cref="OpenTasks.TryLoad"/>. The lease gets a full new term, because renewals are not stored, plus the proof
    /// term, for which the previous owner may go on renewing it. The proof term is 0 if only one process uses the
    /// store.
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
    /// Creates the lease of a queued task's next attempt for a node with room, under a new token. The lease lapses with
    /// the node's other current leases; if there are none, a full term begins. The caller then moves the task to
    /// assigned, adds the start command to the draft, and records the task.
    /// </summary>
    public Lease Grant(ref TaskSlot task, int slot, DispatchNode node, long now)
    {
        var held = new Lease(slot, new LeaseToken(random.NextBits(), random.NextBits()), node)
        {
            Session = node.Session,
            IsCurrent = true,
            AssignedAt = now,
            SentAt = now,
            NotBefore = fencedUntil > now ? fencedUntil : 0,
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

    /// <summary>Notes the start of an attempt. The node works, so its <see cref="NodeRest"/> ends.</summary>
    public void Confirm(Lease held)
    {
        held.MissingSince = 0;
        if (held.Node.Rest.Clear())
            nodes.Ranks.Update(held.Node);
    }

    /// <summary>
    /// Ends a lease, whatever became of the attempt, and frees its place on the node. Called once for each lease. The
    /// caller then replaces the task's <see cref="TaskSlot.Detail"/> or removes the task.
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

    /// <summary>
    /// Finds the lease that a node's report names, of any session. Returns false when the task is not open or no node
    /// holds it, or when its present lease has another token or attempt number; the report then must change nothing.
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
    /// Renews the current leases of a node without its list. Renews nothing and asks for the list if the worker may
    /// hold attempts that it has not listed in this session. A digest that differs prevents no renewal, because
    /// commands are always under way; the reply then asks for the list as well, also when a cancel is to be repeated.
    /// Replies that the session is over if a newer session is known, or if a lease of the session has lapsed. Returns
    /// null, and renews nothing, if the request has a list: then the caller calls <see cref="Renew"/> in a round.
    /// Changes memory only, so it may be called during a commit.
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
    /// Renews a node's leases with or without its list, in a round. Repeats start commands that were lost and cancels
    /// that have not ended their attempt, by the draft. The reply names attempts that the worker must kill;
    /// <paramref name="lost"/> gets started ones that the node has no more, for <see cref="Attempts.Lose"/>.
    /// </summary>
    public RenewReply Renew(NodeLeases leases, long now, CommitDraft draft, List<Lease> lost) =>
        TryRenew(leases, now)
        ?? RenewByList(nodes.Get(leases.Node), leases.Held!.Value, leases.SentAt, now, draft, lost);

    /// <summary>
    /// Looks at the next node that is due, and adds its lapsed leases, if any, to <paramref name="lapsed"/>. Returns
    /// false when no node is due. The caller repeats this until it returns false or enough leases have lapsed, and then
    /// calls <see cref="Attempts.Lose"/> for each lease in the list: later calls may leave these leases out.
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

        // A session with a lapsed lease gets no more work here. Its next heartbeat is told so; the worker registers
        // again.
        if (lapsed.Exists(held => held.Node == node && held.Session == node.Session))
            node.SessionOver = node.Session;
        nodes.Ranks.Update(node);
        if (next != long.MaxValue)
            Watch(node, next);
        return true;
    }

    /// <summary>
    /// Takes what a worker had when its session began, and finds the leases of earlier sessions whose attempts the
    /// worker does not have and can never have again. The run of the worker (one process) that began this session may
    /// have begun earlier ones: an attempt of those is unstarted if its task is still assigned, and lost otherwise. An
    /// attempt of an earlier run is lost if its processes are dead; else it keeps its lease until the lease lapses.
    /// </summary>
    /// <param name="id">The name of the node.</param>
    /// <param name="start">The answer of the node's grain.</param>
    /// <param name="unstarted">Receives the unstarted attempts, for <see cref="Attempts.PutBack"/>.</param>
    /// <param name="lost">Receives the lost attempts, for <see cref="Attempts.Lose"/>.</param>
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

    /// <summary>Returns how messages to the node name the lease. Its slot must still hold its task.</summary>
    public LeaseRef RefOf(Lease held)
    {
        ref var task = ref tasks[held.Slot];
        return new LeaseRef(task.Id, queue, task.Attempt, held.Token);
    }

    /// <summary>
    /// Returns the command that starts an attempt. For a chunk run it has the chunk's work. For a task it has spec and
    /// secrets only if the task is new in this draft; otherwise the silo's node service reads them from the store.
    /// </summary>
    public StartCommand CommandFor(Lease held, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        var reference = RefOf(held);
        var asOf = held.Node.Hold.AsOf;
        if (task.Chunk is { } chunk)
            return new StartCommand(reference, chunk.Job.Name, default, default, chunk.Work, asOf);
        var failures = (byte)task.Failures[FailureCause.OutOfMemory];
        return draft.Find(task.No)?.New is { } submission
            ? new StartCommand(reference, submission.Name, submission.Spec, submission.SecretEnv, AsOf: asOf, OutOfMemoryFailures: failures)
            : new StartCommand(reference, "", default, default, AsOf: asOf, OutOfMemoryFailures: failures);
    }

    /// <summary>The wall clock was set, which has moved the terms of all nodes: watches them anew.</summary>
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

    /// <summary>Whether the session is older than the node's, or one that the dispatcher has given up.</summary>
    private static bool IsOver(DispatchNode node, NodeLeases leases) =>
        leases.Session < node.Session || leases.Session == node.SessionOver;

    private RenewReply RenewByList(
        DispatchNode node, ImmutableArray<LeaseRef> list, long asOf, long now, CommitDraft draft, List<Lease> lost)
    {
        var kill = ImmutableArray.CreateBuilder<LeaseRef>();
        var seen = new HashSet<LeaseToken>();
        node.ListedIn = node.Session;
        // First, because leases that are adopted below lapse with this term.
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
        // If this activation was replaced without knowing it, an unknown attempt may be its successor's. The commit
        // that this asks for fails then, and nothing is killed.
        draft.NeedsOwner |= kill.Count > 0;
        return new RenewReply(RenewOutcome.Renewed, kill.ToImmutable());
    }

    /// <summary>
    /// Makes a lease current, and held by the node's session. The task's row stores the session: otherwise the next
    /// owner would take the lease for one of an earlier session, and lose it if the processes of that one are dead.
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
    /// Handles a lease that the node's list lacks. Does nothing for one heartbeat after a command, which may still be
    /// on its way, and for a lease of an earlier session, whose processes may still run.
    /// <para>
    /// An attempt that has not started: the start command was lost and is sent again under the same token, once a
    /// heartbeat and at most three times. After that, or if the task is to be cancelled, the reply tells the worker to
    /// kill the attempt. A worker that has not started the attempt then refuses it, which puts the task back or cancels
    /// it; a worker that has started the attempt since it sent the list lets it run and reports the start.
    /// </para>
    /// <para>An attempt that has started is lost when the lists have lacked it for two heartbeats.</para>
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

    /// <summary>Whether a cancel was asked for, and no command was sent for a heartbeat.</summary>
    private bool IsCancelDue(Lease held, long now) => held.CancelRequestedAt != 0 && now - held.SentAt >= heartbeat;

    private void RepeatCancel(Lease held, long now, CommitDraft draft)
    {
        if (!IsCancelDue(held, now))
            return;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(RefOf(held));
    }

    /// <summary>Has <see cref="TryLapse"/> look at a node at a time, unless it does so earlier already.</summary>
    private void Watch(DispatchNode node, long at)
    {
        if (watched.TryGetValue(node, out var due) && due <= at)
            return;
        watched[node] = at;
        lapses.Add(node, at);
    }
}
