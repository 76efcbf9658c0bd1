using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>
/// One rollout in memory: which nodes get the command next, whether it must stop, and how it ends. Does no I/O and
/// reads no clock. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// <code>
/// node
/// pending         its wave has begun, and it takes work           --> open
/// pending         its wave has begun, and it takes no work        --> away
/// away            it takes work, within catchUp of the start      --> open
/// open            its task succeeded / failed or was cancelled    --> succeeded / failed
/// open            it takes no work for 15 s, and its task waits   --> pending if it was its first and never started,
///                                                                     away if it was another that never started,
///                                                                     otherwise failed; the task is cancelled
/// open            too many failed, and its task never started     --> pending; the task is cancelled
/// failed          retry                                           --> pending; its turn is now
/// pending (retry) it takes no work                                --> away within catchUp, otherwise failed
///
/// rollout
/// running     too many nodes failed, none is open, some are left  --> halted
/// halted      resume, retry                                       --> running
/// running     nothing is open or left                             --> succeeded, failed
/// succeeded, failed    retry                                      --> running
/// any of running, halted    cancel, and nothing is open           --> cancelled
/// </code>
/// A wave takes its nodes among those whose turn has not come: first those that take work, then by place. So a node
/// that is away never uses up the place of a first, small wave while another node could have it, even if it goes away
/// before its task starts. Nodes that are away do not count as failed, and no wave waits for them. There is one
/// exception: a wave in which no command has run proves nothing, so no other wave begins after it. Within catchUp it
/// waits for its first node; after that, all nodes that are left are away. Otherwise waves would end while no node is
/// there, and all nodes would get the command together when they are back. A task that is taken back before it starts
/// does not count as a try, so a pending node that has tries is always being retried.
/// </remarks>
internal sealed class RolloutCore
{
    /// <summary>
    /// How long a node must take no work before a task that waits for it is taken back, in milliseconds. A reconnecting
    /// worker needs less.
    /// </summary>
    public const long AwayAfter = 15_000;

    private readonly RolloutNodeRow[] nodes;
    private readonly ImmutableArray<int> totals;
    private readonly int mostFailed;
    private readonly int[] counts = new int[RolloutNames.AllNodeStates.Length];

    // The places of pending nodes: those whose wave has not come, and those that are retried.
    private readonly SortedSet<int> pending = [];
    private readonly SortedSet<int> retried = [];
    private readonly SortedSet<int> away = [];
    private readonly Dictionary<TaskId, int> open = [];

    // Since when open nodes have taken no work.
    private readonly Dictionary<int, long> absentSince = [];

    // Open tasks that a cancel has yet to examine.
    private readonly Queue<TaskId> cancelling = new();

    private readonly HashSet<int> changed = [];

    // How many nodes have tries, and how many of them had some when the wave began.
    private int tried;
    private int triedBefore;

    // Until when nodes that were away may still start, and until when the pause after a wave lasts. A clock that is set
    // moves these times, and not those of the row from which they count, so both last as long as the plan says.
    private long catchUpUntil;
    private long pauseUntil;
    private RolloutRow stored;
    private bool looksAtFleet = true;
    private bool isReopened;

    // Whether unstarted tasks are taken back while too many nodes have failed. False if the limit was exceeded only by
    // nodes that a retry found not accepting work: the retry still reaches the others.
    private bool takesBack;

    /// <summary>Restores a rollout from its stored form, or begins a new one. The nodes come by place.</summary>
    public RolloutCore(RolloutRow row, RolloutPlan plan, IEnumerable<RolloutNodeRow> nodes)
    {
        (Row, stored, Plan) = (row, row, plan);
        this.nodes = [.. nodes];
        totals = plan.Totals(row.Count);
        mostFailed = plan.MaxFailed.RoundedDown(row.Count);
        (catchUpUntil, pauseUntil) = (row.StartedAt + plan.CatchUp, row.WaveEndedAt + plan.Pause);
        foreach (var node in this.nodes)
            Enter(node);
        // How many had tries when the wave began is not stored. This is never too few, so at worst a wave that has
        // proven something counts as one that has not.
        triedBefore = Math.Min(
            row.Wave == 0 ? 0 : totals[row.Wave - 1],
            this.nodes.Count(static node =>
                node is { Tries: > 0 } and not { State: RolloutNodeState.Open, Tries: 1 }));
        takesBack = IsStopped;
        if (row.CancelRequestedAt != 0)
            BeginCancel();
    }

    /// <summary>The row as of the last call.</summary>
    public RolloutRow Row { get; private set; }

    /// <summary>How the rollout proceeds.</summary>
    public RolloutPlan Plan { get; }

    /// <summary>The nodes by place, as of the last call, for tests.</summary>
    internal IReadOnlyList<RolloutNodeRow> Nodes => nodes;

    /// <summary>The tasks that have not ended.</summary>
    public IReadOnlyCollection<TaskId> Open => open.Keys;

    /// <summary>When <see cref="Advance"/> next has work without an event: 0 for at once.</summary>
    public long Next { get; private set; }

    /// <summary>Whether anything may have changed since the last <see cref="Flush"/>.</summary>
    public bool HasChanges => changed.Count > 0 || !ReferenceEquals(Row, stored);

    // Whether more nodes have failed than the rollout allows, or than an operator has accepted.
    private bool IsStopped => CountOf(RolloutNodeState.Failed) - Row.Tolerated > mostFailed;

    // Whether waves follow, and no command has run or is about to run since this one began.
    private bool IsUnproven => totals[Row.Wave] < Row.Count && tried <= triedBefore;

    /// <summary>Records the end of a task. Does nothing if the task is no longer this rollout's.</summary>
    public void Ended(TaskId task, TaskState state)
    {
        if (!open.Remove(task, out var place))
            return;
        if (state == TaskState.Succeeded)
            Set(place, RolloutNodeState.Succeeded);
        else
            Fail(place);
        Next = 0;
    }

    /// <summary>Lets a halted rollout go on. Does nothing to one that runs.</summary>
    public void Resume()
    {
        if (Row.State != RolloutState.Halted)
            return;
        Row = Row with { State = RolloutState.Running, Tolerated = CountOf(RolloutNodeState.Failed) };
        (Next, looksAtFleet, isReopened, takesBack) = (0, true, true, false);
    }

    /// <summary>Begins to end the rollout. Returns false if that was requested before.</summary>
    public bool Cancel(long now)
    {
        if (Row.CancelRequestedAt != 0)
            return false;
        Row = Row with { CancelRequestedAt = now, State = RolloutState.Running };
        BeginCancel();
        return true;
    }

    /// <summary>
    /// Makes it the turn of all failed nodes again. Returns how many there are; 0 also if the rollout was cancelled.
    /// </summary>
    public int Retry()
    {
        if (Row.CancelRequestedAt != 0)
            return 0;
        var count = CountOf(RolloutNodeState.Failed);
        if (count == 0)
            return 0;
        foreach (var node in nodes.Where(static node => node.State == RolloutNodeState.Failed).ToArray())
            Set(node.Place, RolloutNodeState.Pending);
        Row = Row with { State = RolloutState.Running, Tolerated = 0, WaveEndedAt = 0, EndedAt = 0 };
        (Next, looksAtFleet, isReopened, takesBack) = (0, true, true, false);
        return count;
    }

    /// <summary>Notes that nodes may have begun or ceased to take work.</summary>
    public void FleetChanged() => (Next, looksAtFleet) = (0, true);

    /// <summary>
    /// Adjusts times in memory after the clock was set forward by some milliseconds (negative: back).
    /// </summary>
    public void ClockStepped(long by)
    {
        foreach (var place in absentSince.Keys.ToArray())
            absentSince[place] += by;
        (catchUpUntil, pauseUntil) = (catchUpUntil + by, pauseUntil + by);
        Next = 0;
    }

    /// <summary>
    /// Does what is due: starts, takes back and cancels tasks, and changes the state. Reduces <paramref name="most"/>
    /// by the number of nodes that changed, and stops when it is used up; <see cref="Next"/> is then 0.
    /// </summary>
    public void Advance(long now, ref int most, IRolloutQueue queue)
    {
        Next = long.MaxValue;
        if (Row.State.IsFinal())
            return;
        if (Row.CancelRequestedAt != 0)
            EndOpen(ref most, queue);
        else
            Proceed(now, ref most, queue);
        if (most <= 0)
            Next = 0;
        else if (Row.CancelRequestedAt != 0 && open.Count == 0)
            End(RolloutState.Cancelled, now);
    }

    /// <summary>Adds everything that has changed since the last call to a draft, with the events.</summary>
    public void Flush(RolloutDraft draft)
    {
        Row = Row with
        {
            Away = CountOf(RolloutNodeState.Away), Open = CountOf(RolloutNodeState.Open),
            Succeeded = CountOf(RolloutNodeState.Succeeded), Failed = CountOf(RolloutNodeState.Failed),
        };
        if (Row != stored)
            draft.Put(Row);
        // A rollout that is resumed or retried may halt or end in the same round.
        if (isReopened)
            draft.Tell(Row.Id, RolloutState.Running);
        if (Row.State != RolloutState.Running && (isReopened || Row.State != stored.State))
            draft.Tell(Row.Id, Row.State);
        (stored, isReopened) = (Row, false);
        foreach (var place in changed)
            draft.Put(nodes[place]);
        changed.Clear();
    }

    private void Proceed(long now, ref int most, IRolloutQueue queue)
    {
        // After a restart: a clock that was ahead when a time was stored must not prolong what counts from it.
        catchUpUntil = Math.Min(catchUpUntil, now + Plan.CatchUp);
        pauseUntil = Math.Min(pauseUntil, now + Plan.Pause);
        while (true)
        {
            TakeBack(now, ref most, queue);
            var isNobodyThere = false;
            if (IsStopped)
                TakeBackUnstarted(ref most, queue);
            else
            {
                TakeRetried(now, ref most, queue);
                CatchUp(now, ref most, queue);
                isNobodyThere = !TryTakeTurns(now, ref most, queue);
            }

            if (most <= 0)
                return;
            looksAtFleet = false;
            var mayCatchUp = away.Count > 0 && now < catchUpUntil;
            if (mayCatchUp || isNobodyThere)
                Next = Math.Min(Next, catchUpUntil);
            if (open.Count > 0 || isNobodyThere)
                return;
            if (Row.WaveEndedAt == 0)
                EndWave(now);
            if (pending.Count + retried.Count == 0 && !mayCatchUp)
            {
                End(CountOf(RolloutNodeState.Failed) > mostFailed ? RolloutState.Failed : RolloutState.Succeeded, now);
                return;
            }

            if (IsStopped)
            {
                // A node that was away may have failed after the wave had ended.
                if (Row.State != RolloutState.Halted)
                {
                    EndWave(now);
                    Row = Row with { State = RolloutState.Halted };
                }

                return;
            }

            if (pending.Count == 0 || !TryBeginWave(now))
                return;
        }
    }

    private void EndWave(long now)
    {
        Row = Row with { WaveEndedAt = now };
        pauseUntil = now + Plan.Pause;
    }

    // Waves that add no node, because the rollout has few, are skipped.
    private bool TryBeginWave(long now)
    {
        if (now < pauseUntil)
        {
            Next = Math.Min(Next, pauseUntil);
            return false;
        }

        var wave = Row.Wave + 1;
        while (wave < totals.Length - 1 && totals[wave] <= Row.Count - pending.Count)
            wave++;
        Row = Row with { Wave = wave, WaveEndedAt = 0 };
        triedBefore = tried;
        return true;
    }

    // Takes back tasks that wait for nodes that went away. A node that went away while it ran the command has failed.
    // One that never had it waits for its turn again, which comes at once if nobody else can have it.
    private void TakeBack(long now, ref int most, IRolloutQueue queue)
    {
        if (!looksAtFleet && absentSince.Count == 0)
            return;
        foreach (var (task, place) in open.Where(one => looksAtFleet || absentSince.ContainsKey(one.Value)).ToArray())
        {
            if (queue.Accepts(nodes[place].Node))
            {
                absentSince.Remove(place);
                continue;
            }

            absentSince.TryAdd(place, now);
            var due = absentSince[place] + AwayAfter;
            if (due <= now && queue.IsWaiting(task) && most > 0)
            {
                most--;
                // Before the cancel, whose end must not count as a failure.
                open.Remove(task);
                if (queue.Cancel(task))
                    Untry(place, RolloutNodeState.Away);
                else
                    Fail(place);
            }
            else
                Next = Math.Min(Next, due > now ? due : now + AwayAfter);
        }
    }

    // Takes back the tasks that have not started, because nothing more may start. Their nodes wait for a resume.
    private void TakeBackUnstarted(ref int most, IRolloutQueue queue)
    {
        if (!takesBack)
            return;
        foreach (var (task, place) in open.Where(one => queue.IsUnstarted(one.Key)).Take(most).ToArray())
        {
            most--;
            // Before the cancel, whose end must not count as a failure.
            open.Remove(task);
            queue.Cancel(task);
            Untry(place, RolloutNodeState.Pending);
        }
    }

    private void TakeRetried(long now, ref int most, IRolloutQueue queue)
    {
        // A resumed rollout may still have nodes to retry. Their end is then the end of the wave.
        if (retried.Count > 0 && Row.WaveEndedAt != 0)
            Row = Row with { WaveEndedAt = 0 };
        foreach (var place in retried.Take(most).ToArray())
        {
            most--;
            if (queue.Accepts(nodes[place].Node))
                Start(place, queue);
            else
                Set(place, now < catchUpUntil ? RolloutNodeState.Away : RolloutNodeState.Failed);
        }
    }

    private void CatchUp(long now, ref int most, IRolloutQueue queue)
    {
        if (!looksAtFleet || now >= catchUpUntil)
            return;
        foreach (var place in away.Where(place => queue.Accepts(nodes[place].Node)).Take(most).ToArray())
        {
            most--;
            Start(place, queue);
        }
    }

    // Returns false if the wave must wait for its first node.
    private bool TryTakeTurns(long now, ref int most, IRolloutQueue queue)
    {
        var wanted = totals[Row.Wave] - (Row.Count - pending.Count);
        if (wanted <= 0 || most <= 0)
            return true;
        var accepting = pending.Where(place => queue.Accepts(nodes[place].Node)).Take(Math.Min(wanted, most)).ToArray();
        // A wave that has ended goes on if the rollout was halted and has nodes left in it, or if a node that caught up
        // went away before it started and left its place to another.
        if (accepting.Length > 0 && Row.WaveEndedAt != 0)
            Row = Row with { WaveEndedAt = 0 };
        foreach (var place in accepting)
        {
            (most, wanted) = (most - 1, wanted - 1);
            Start(place, queue);
        }

        if (IsUnproven && now < catchUpUntil)
            return false;
        // Nobody is left to prove anything to later waves. All at once, whatever the bound: a node that comes between
        // two rounds must not find that the places of its wave are used up.
        var gone = IsUnproven ? pending.Count : Math.Min(wanted, most);
        foreach (var place in pending.Take(gone).ToArray())
        {
            most--;
            Set(place, RolloutNodeState.Away);
        }

        return true;
    }

    private void BeginCancel()
    {
        foreach (var task in open.Keys)
            cancelling.Enqueue(task);
        Next = 0;
    }

    private void EndOpen(ref int most, IRolloutQueue queue)
    {
        for (; most > 0 && cancelling.TryDequeue(out var task); most--)
        {
            if (!open.TryGetValue(task, out var place) || !queue.Cancel(task))
                continue;
            // A node whose command never ran has not failed.
            open.Remove(task);
            Untry(place, RolloutNodeState.Pending);
        }
    }

    private void Start(int place, IRolloutQueue queue)
    {
        var task = queue.Start(nodes[place].Node);
        Set(place, nodes[place] with { State = RolloutNodeState.Open, Tries = nodes[place].Tries + 1, Task = task });
    }

    private void End(RolloutState state, long now) => Row = Row with { State = state, EndedAt = now };

    private int CountOf(RolloutNodeState state) => counts[(int)state];

    private void Fail(int place)
    {
        Set(place, RolloutNodeState.Failed);
        takesBack |= IsStopped;
    }

    // Moves a node whose latest task was taken back; that task does not count as a try. If it was the first, the node
    // has not had its turn, so another may take its place in the wave. The state is for a node that is being retried.
    private void Untry(int place, RolloutNodeState state)
    {
        var tries = nodes[place].Tries - 1;
        Set(place, nodes[place] with { State = tries == 0 ? RolloutNodeState.Pending : state, Tries = tries });
    }

    private void Set(int place, RolloutNodeState state) => Set(place, nodes[place] with { State = state });

    private void Set(int place, RolloutNodeRow row)
    {
        counts[(int)nodes[place].State]--;
        tried -= nodes[place].Tries > 0 ? 1 : 0;
        pending.Remove(place);
        retried.Remove(place);
        away.Remove(place);
        absentSince.Remove(place);
        nodes[place] = row;
        changed.Add(place);
        Enter(row);
    }

    private void Enter(RolloutNodeRow node)
    {
        counts[(int)node.State]++;
        tried += node.Tries > 0 ? 1 : 0;
        switch (node.State)
        {
            case RolloutNodeState.Pending:
                (node.Tries == 0 ? pending : retried).Add(node.Place);
                break;
            case RolloutNodeState.Away:
                away.Add(node.Place);
                break;
            case RolloutNodeState.Open:
                open.Add(node.Task!.Value, node.Place);
                break;
        }
    }
}
