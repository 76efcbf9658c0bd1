using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>The modules of a queue's rules, in the order in which a round calls them.</summary>
internal sealed class DispatchModules
{
    private IDispatchModule[] modules = [];
    private IEndListener[] listeners = [];

    /// <summary>
    /// The earliest time at which a module that is not set aside has work; <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long NextOf(DueWork due)
    {
        var next = long.MaxValue;
        for (var part = 0; part < modules.Length; part++)
        {
            if (!due.IsSetAside(part))
                next = Math.Min(next, modules[part].Next);
        }

        return next;
    }

    /// <summary>
    /// Sets the modules, once. Not in the constructor, because creating some modules requires this object.
    /// </summary>
    public void Set(params IDispatchModule[] inOrder) => (modules, listeners) = (inOrder, [.. inOrder.OfType<IEndListener>()]);

    /// <summary>Performs the due work of the modules that run in this round, in order.</summary>
    public void Tick(long now, CommitDraft draft, DueWork due)
    {
        for (var part = 0; part < modules.Length; part++)
        {
            if (due.Runs(part))
                modules[part].Tick(now, draft);
        }
    }

    /// <summary>Passes the end of a task, job or workflow to every module that listens.</summary>
    public void Publish(in WorkEnd end, long now, CommitDraft draft)
    {
        foreach (var listener in listeners)
            listener.Ended(end, now, draft);
    }

    /// <inheritdoc cref="IDispatchModule.ClockStepped"/>
    public void ClockStepped(long by, long now)
    {
        foreach (var module in modules)
            module.ClockStepped(by, now);
    }
}

/// <summary>
/// One part of a queue's rules that acts on its own: due tasks, leases, workflows or schedules. Keeps its state in
/// memory and adds its changes to the round's draft. Times are Unix milliseconds of the wall clock.
/// </summary>
internal interface IDispatchModule
{
    /// <summary>
    /// The time at which <see cref="Tick"/> next has work: 0 for at once, <see cref="long.MaxValue"/> for never.
    /// </summary>
    long Next { get; }

    /// <summary>
    /// Performs the work that is due, within the bounds of a round. <see cref="Next"/> shows whether more is left.
    /// </summary>
    void Tick(long now, CommitDraft draft);

    /// <summary>
    /// Adjusts times in memory after the wall clock was set forward by <paramref name="by"/> milliseconds (negative:
    /// back) to <paramref name="now"/>. Times of day do not move.
    /// </summary>
    void ClockStepped(long by, long now) { }
}

/// <summary>
/// The end of a task, job or workflow, as <see cref="DispatchModules"/> publishes it. <c>Reason</c> and <c>TaskNo</c>
/// are set only for a task, <c>Job</c> only for a job.
/// </summary>
internal readonly record struct WorkEnd(
    TaskId Id, TaskState State, EndReason Reason = EndReason.None, long TaskNo = 0, JobWrite? Job = null);

/// <summary>
/// Decides which parts of the work that no caller asked for run in a round: the due work of each module, and the
/// assignment of tasks. The store can refuse a round because of one part; then the others go on without it.
/// </summary>
/// <remarks>
/// <code>
/// well        runs in every round except those of suspects (operations that may be what the store refused)
/// suspected   runs in a round of its own. Refused: set aside; otherwise well
/// set aside   does not run, and its time does not come, until its rest of a minute, later up to an hour, is over;
///             then suspected
/// </code>
/// A refused round of callers' operations and due work makes all parts that are well suspected. Outlives the cores that
/// are loaded after a refusal. Times are milliseconds of the steady clock.
/// </remarks>
internal sealed class DueWork
{
    /// <summary>The part that assigns tasks to nodes, after all modules.</summary>
    public const int Assignment = 9;

    private const long FirstRest = 60_000;
    private const long LongestRest = 3_600_000;

    // In the order in which a round runs them: the modules of DispatchCore, then the assignment.
    private static readonly string[] Names =
    [
        "times at which tasks start or expire", "relations to nodes", "leases that lapse", "workflows", "items of workflows",
        "dependencies", "jobs of workflows", "rollouts", "schedules", "assignment of tasks",
    ];

    private readonly bool[] isSuspected = new bool[Names.Length];
    private readonly long[] restUntil = new long[Names.Length];
    private readonly long[] rest = new long[Names.Length];
    private Mode mode;
    private int alone;

    private enum Mode
    {
        All,
        None,
        Alone,
    }

    /// <summary>Whether a part waits for a round of its own.</summary>
    public bool HasSuspect => Array.IndexOf(isSuspected, true) >= 0;

    /// <summary>When the first rest ends; <see cref="long.MaxValue"/> if no part is set aside.</summary>
    public long Next => restUntil.Min(static until => until == 0 ? long.MaxValue : until);

    /// <summary>Begins a round of a suspected operation, in which no part runs.</summary>
    public void BeginNone() => mode = Mode.None;

    /// <summary>Begins a round of one suspected part and returns true, or begins one of all parts that are well.</summary>
    public bool TryBeginAlone(long now)
    {
        for (var part = 0; part < Names.Length; part++)
        {
            if (restUntil[part] == 0 || restUntil[part] > now)
                continue;
            (isSuspected[part], restUntil[part]) = (true, 0);
        }

        alone = Array.IndexOf(isSuspected, true);
        mode = alone >= 0 ? Mode.Alone : Mode.All;
        return alone >= 0;
    }

    /// <summary>Returns whether the part runs in this round.</summary>
    public bool Runs(int part) => mode switch
    {
        Mode.All => !IsSetAside(part),
        Mode.Alone => part == alone,
        _ => false,
    };

    /// <summary>Returns whether the part rests, so that its due work must not wake the loop.</summary>
    public bool IsSetAside(int part) => restUntil[part] > 0;

    /// <summary>
    /// Notes that the store refused the round. Returns the part to blame, which it sets aside, or null if the round ran
    /// several: from then on all are suspected.
    /// </summary>
    public string? Refused(long now)
    {
        if (mode == Mode.Alone)
        {
            rest[alone] = Math.Clamp(rest[alone] * 2, FirstRest, LongestRest);
            (isSuspected[alone], restUntil[alone]) = (false, now + rest[alone]);
            return Names[alone];
        }

        for (var part = 0; part < Names.Length; part++)
            isSuspected[part] = !IsSetAside(part);
        return null;
    }

    /// <summary>
    /// Notes that the round is on disk or needed no commit. Returns true if that ends the last trouble: no part is
    /// suspected or set aside any more, and one was set aside before.
    /// </summary>
    public bool Passed()
    {
        if (mode != Mode.Alone)
            return false;
        var wasSetAside = rest[alone] > 0;
        (isSuspected[alone], rest[alone]) = (false, 0);
        return wasSetAside && !HasSuspect && Array.TrueForAll(restUntil, static until => until == 0);
    }
}
