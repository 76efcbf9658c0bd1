using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>A worker as the agent behaves: one process an attempt, results kept until settled, death before its lease is over.</summary>
internal sealed class SimWorker
{
    private readonly SimWorld world;
    private readonly SimNode node;
    private readonly int slots;
    private readonly Dictionary<LeaseToken, SimAttempt> attempts = [];
    private readonly Dictionary<LeaseToken, bool> gone = [];
    private int life;
    private long session;
    private long silentUntil;
    private long leaseUntil;
    private long orphansUntil;
    private bool earlierTreesDead = true;
    private bool isTelling;
    private bool isLeaving;

    public SimWorker(SimWorld world, SimNode node, int slots)
    {
        (this.world, this.node, this.slots) = (world, node, slots);
        node.Worker = this;
    }

    private int Living => attempts.Values.Count(static attempt => attempt.Phase == SimPhase.Running);

    private LeaseRef[] Leases =>
        [.. attempts.Values.Where(static attempt => attempt.Phase != SimPhase.Refused).Select(static attempt => attempt.Lease)];

    private double Loss => world.Now < silentUntil ? 1 : world.Faults.CallLoss;

    public void Begin() => Register();

    /// <summary>Commands come in.</summary>
    public void Receive(CommandBatch batch)
    {
        if (batch.Session != session || world.Now < silentUntil || isLeaving)
            return;
        foreach (var start in batch.Start)
            Start(start.Lease);
        foreach (var lease in batch.Cancel)
            Cancel(lease);
        foreach (var lease in batch.Kill)
            Revoke(lease);
        Tell();
    }

    /// <summary>Something happens to it.</summary>
    public void Suffer()
    {
        world.NodeFaults++;
        switch (world.Chance.Next(4))
        {
            case 0:
                silentUntil = world.Now + world.Chance.Next(25_000);
                break;
            case 1:
                node.Forget();
                break;
            case 2:
                Leave();
                break;
            default:
                Crash(marker: world.Chance.Next(2) == 0);
                break;
        }
    }

    private void Register()
    {
        if (session != 0)
            return;
        var mine = life;
        var sentAt = world.Now;
        var running = Leases;
        var treesDead = earlierTreesDead && Living == 0;
        world.Call(
            () => new Opened(node.Register(slots, treesDead, [.. running])),
            opened => Alive(mine, () =>
            {
                if (opened is null || session != 0)
                {
                    world.After(500, () => Alive(mine, Register));
                    return;
                }

                session = opened.Session;
                if (running.Length == 0)
                    Renew(sentAt);
                Beat();
                Tell();
            }),
            Loss);
    }

    private void Beat()
    {
        var (mine, current, sentAt) = (life, session, world.Now);
        if (current == 0)
        {
            Register();
            return;
        }

        var status = new NodeStatus(current, [.. Leases], 0, 0, isLeaving);
        world.Call(
            () => node.ReportStatus(status),
            reply => Alive(mine, () =>
            {
                if (current != session)
                    return;
                if (reply is null)
                {
                    world.After(500, () => Alive(mine, Beat));
                    return;
                }

                if (!reply.SessionValid)
                {
                    world.NodeFaults++;
                    session = 0;
                    Register();
                    return;
                }

                Renew(sentAt);
                foreach (var lease in reply.Kill)
                    Revoke(lease);
                Tell();
                if (isLeaving)
                    Depart(mine);
                else
                    world.After(world.Heartbeat, () => Alive(mine, Beat));
            }),
            Loss);
    }

    private void Renew(long sentAt)
    {
        leaseUntil = Math.Max(leaseUntil, sentAt + world.Lease);
        var mine = life;
        world.After(leaseUntil - world.KillMargin - world.Now, () => Alive(mine, () =>
        {
            if (world.Now >= leaseUntil - world.KillMargin)
                KillAll(EndReason.NodeLost);
        }));
    }

    private void Start(LeaseRef lease)
    {
        if (attempts.ContainsKey(lease.Token))
            return;
        var wasSeen = gone.TryGetValue(lease.Token, out var refuse);
        if (wasSeen && !refuse)
            return;
        var attempt = new SimAttempt(lease);
        attempts.Add(lease.Token, attempt);
        if (wasSeen || world.Now >= leaseUntil - world.KillMargin || Living > slots)
        {
            attempt.Phase = SimPhase.Refused;
            return;
        }

        world.ProcessBegins(lease, node.Name);
        var mine = life;
        var code = world.Chance.Next(5) == 0 ? 1 : 0;
        world.After(world.Chance.Next(10) == 0 ? world.Chance.Next(20_000) : world.Chance.Next(500), () => Alive(mine, () =>
        {
            if (attempt.Phase == SimPhase.Running)
                End(attempt, EndReason.Exit, code);
        }));
    }

    private void Cancel(LeaseRef lease)
    {
        if (!attempts.TryGetValue(lease.Token, out var attempt))
            gone[lease.Token] = true;
        else if (attempt.Phase == SimPhase.Running)
            End(attempt, EndReason.Cancelled, null);
    }

    private void Revoke(LeaseRef lease)
    {
        if (!attempts.TryGetValue(lease.Token, out var attempt))
        {
            if (!gone.TryGetValue(lease.Token, out var refuse) || refuse)
                attempts.Add(lease.Token, new SimAttempt(lease) { Phase = SimPhase.Refused });
            return;
        }

        if (attempt.Phase == SimPhase.Running)
        {
            world.ProcessEnds(lease);
            attempt.Phase = SimPhase.Refused;
        }
        else if (attempt.Phase != SimPhase.Refused)
            Drop(attempt, refuse: false);
    }

    private void End(SimAttempt attempt, EndReason reason, int? code)
    {
        world.ProcessEnds(attempt.Lease);
        attempt.Phase = SimPhase.Ended;
        attempt.Result = new AttemptResult(attempt.Lease, reason, code, null, 1, 1, 1, null);
        Tell();
    }

    private void KillAll(EndReason reason)
    {
        foreach (var attempt in attempts.Values.Where(static attempt => attempt.Phase == SimPhase.Running).ToArray())
            End(attempt, reason, null);
    }

    private void Drop(SimAttempt attempt, bool refuse)
    {
        attempt.Phase = SimPhase.Dropped;
        attempts.Remove(attempt.Lease.Token);
        gone.TryAdd(attempt.Lease.Token, refuse);
    }

    /// <summary>Tells what is to be told, in one call at a time, until it is settled.</summary>
    private void Tell()
    {
        if (isTelling || session == 0)
            return;
        SimAttempt[] fresh = [.. attempts.Values.Where(static attempt => attempt is { Phase: SimPhase.Running, IsTold: false })];
        SimAttempt[] over = [.. attempts.Values.Where(static attempt => attempt.Phase is SimPhase.Ended or SimPhase.Refused)];
        if (fresh.Length + over.Length == 0)
            return;
        isTelling = true;
        var (mine, current) = (life, session);
        ImmutableArray<LeaseRef> started = [.. fresh.Select(static attempt => attempt.Lease)];
        ImmutableArray<AttemptResult> results = [.. over.Where(static a => a.Phase == SimPhase.Ended).Select(static a => a.Result!)];
        ImmutableArray<LeaseRef> refused = [.. over.Where(static a => a.Phase == SimPhase.Refused).Select(static a => a.Lease)];
        world.Call(
            () => node.Report(current, started, results, refused) is { } settled ? new Settled(settled) : null,
            answer => Alive(mine, () =>
            {
                isTelling = false;
                if (answer is { Ok: true })
                {
                    foreach (var attempt in fresh)
                        attempt.IsTold = true;
                    foreach (var attempt in over.Where(static attempt => attempt.Phase != SimPhase.Dropped))
                        Drop(attempt, refuse: attempt.Phase == SimPhase.Refused);
                    Tell();
                    return;
                }

                if (answer is not null && session == current)
                {
                    session = 0;
                    Register();
                }

                world.After(300, () => Alive(mine, Tell));
            }),
            Loss);
    }

    /// <summary>The agent is killed. Its processes die at once, or before the lease is over; ended attempts are on its disk.</summary>
    private void Crash(bool marker)
    {
        life++;
        foreach (var attempt in attempts.Values.Where(static attempt => attempt.Phase == SimPhase.Running).ToArray())
        {
            attempt.Phase = SimPhase.Dropped;
            attempts.Remove(attempt.Lease.Token);
            var lives = marker ? 0 : world.Chance.NextInt64(Math.Max(1, leaseUntil - world.Now));
            orphansUntil = Math.Max(orphansUntil, world.Now + lives);
            if (lives == 0)
                world.ProcessEnds(attempt.Lease);
            else
                world.After(lives, () => world.ProcessEnds(attempt.Lease));
        }

        foreach (var attempt in attempts.Values.Where(static attempt => attempt.Phase == SimPhase.Refused).ToArray())
            attempts.Remove(attempt.Lease.Token);
        Restart(marker, world.Chance.Next(15_000));
    }

    private void Restart(bool marker, long after)
    {
        gone.Clear();
        session = leaseUntil = 0;
        isTelling = isLeaving = false;
        earlierTreesDead = marker && orphansUntil <= world.Now;
        var mine = ++life;
        world.After(after, () => Alive(mine, Register));
    }

    /// <summary>Shuts down as on SIGTERM: says so, kills what runs and gives it back, says goodbye, and comes back later.</summary>
    private void Leave()
    {
        if (session == 0 || isLeaving)
            return;
        isLeaving = true;
        life++;
        isTelling = false;
        var mine = life;
        foreach (var attempt in attempts.Values.Where(static attempt => attempt.Phase == SimPhase.Running))
        {
            var ran = attempt;
            world.After(500, () => Alive(mine, () =>
            {
                if (ran.Phase != SimPhase.Running)
                    return;
                world.ProcessEnds(ran.Lease);
                ran.Phase = SimPhase.Refused;
            }));
        }

        world.After(600, () => Alive(mine, Beat));
        world.After(5_000, () => Alive(mine, () =>
        {
            // It could not say goodbye: nothing of it runs, but nobody knows.
            if (isLeaving)
                Crash(marker: true);
        }));
    }

    private void Depart(int mine)
    {
        Tell();
        if (attempts.Count > 0)
        {
            world.After(300, () => Alive(mine, () => Depart(mine)));
            return;
        }

        node.Goodbye(session);
        Restart(marker: true, world.Chance.Next(10_000));
    }

    private void Alive(int mine, Action action)
    {
        if (mine == life)
            action();
    }

    private sealed record Opened(long Session);

    private sealed record Settled(bool Ok);
}
