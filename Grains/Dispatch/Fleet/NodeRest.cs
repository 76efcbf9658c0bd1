
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// Holds tasks back from a node that gives attempts back without starting them.
/// Such a node runs nothing, so it ranks first and would get the first task again and again.
/// Each <see cref="DispatchNode"/> has one of these, in memory only; the attempts that the node already has are not
/// affected.
/// The type has no timer: after <see cref="Refused"/> has returned true, the dispatcher calls <see cref="TryEnd"/> at
/// <see cref="Until"/>. After every change the caller also calls <see cref="NodeRanks.Update"/>, because
/// <see cref="Allows"/> may have changed. Times are Unix milliseconds of the wall clock, durations milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// state     may be given      is left when
/// working   any tasks         unable, or the fourth call of Refused since a start    --> resting
/// resting   nothing           Until has come                                         --> probing
/// probing   one at a time     unable or refused                                      --> resting
/// any       -                 an attempt starts there, or a new session begins       --> working, counts are 0
/// </code>
/// Unable: the node could not start an attempt for a reason that is not the task's. Refused: it had too much to do.
/// Both are calls of <see cref="Refused"/>. "Since a start" means since an attempt last started on the node.
/// The n-th rest since a start lasts 50 ms * 2^(n-1), at most 30 s, less a random part of up to half.
/// The attempt that a probing node is given is its probe. A probe that is lost, or whose command cannot be started
/// because of the task, proves nothing: the node goes on probing with another task.
/// </remarks>
internal sealed class NodeRest
{
    /// <summary>The longest that the first rest can last, in milliseconds. The bound doubles with each rest.</summary>
    private const long FirstBound = 50;

    /// <summary>The longest that any rest can last, in milliseconds.</summary>
    private const long LargestBound = 30_000;

    /// <summary>How many calls of <see cref="Refused"/> are tolerated: a busy node refuses now and then.</summary>
    private const int ToleratedReports = 3;

    /// <summary>Calls of <see cref="Refused"/> since an attempt last started there.</summary>
    private int refusals;

    /// <summary>Rests since an attempt last started there.</summary>
    private int rests;
    private bool isProbing;

    /// <summary>The attempt that the node has while probing; null while it may be given one.</summary>
    private Lease? probe;

    /// <summary>Whether the node is given nothing, until <see cref="TryEnd"/> or <see cref="Clear"/>.</summary>
    public bool IsResting { get; private set; }

    /// <summary>When the latest rest ends; means nothing unless the node is resting.</summary>
    public long Until { get; private set; }

    /// <summary>Whether the node is given one task at a time, to see whether it starts the task.</summary>
    public bool IsProbing => isProbing;

    /// <summary>
    /// Whether the node may be given one more task now, as far as its refusals go. Whether it has a slot for the task
    /// is not looked at here.
    /// </summary>
    public bool Allows => !IsResting && (!isProbing || probe is null);

    /// <summary>
    /// The node has given back attempts of its current session without starting them. Called once for each list of a
    /// report, however long the list is. A call during a rest is counted and does not prolong the rest. Any call while
    /// the node is probing begins a rest.
    /// </summary>
    /// <param name="isUnable">
    /// True when the node could not start the attempts: it rests at once. False when it had too much to do, which is
    /// tolerated three times.
    /// </param>
    /// <param name="now">The time.</param>
    /// <param name="random">For jitter.</param>
    /// <returns>Whether a rest begins, which the caller must end by <see cref="TryEnd"/>.</returns>
    public bool Refused(bool isUnable, long now, IRandomness random)
    {
        refusals++;
        probe = null;
        if (IsResting || (!isUnable && !isProbing && refusals <= ToleratedReports))
            return false;
        // The shift is bounded so that it cannot overflow; 50 ms * 2^10 is above the largest bound anyway.
        var bound = Math.Min(LargestBound, FirstBound << Math.Min(rests++, 10));
        IsResting = true;
        isProbing = false;
        Until = now + bound - (long)(random.NextFraction() * (bound / 2.0));
        return true;
    }

    /// <summary>
    /// Ends a rest whose time has come: the node is probing from now on. False, and nothing changes, when the node does
    /// not rest or when its present rest ends later.
    /// </summary>
    public bool TryEnd(long now)
    {
        if (!IsResting || Until > now)
            return false;
        IsResting = false;
        isProbing = true;
        return true;
    }

    /// <summary>
    /// The node was given an attempt. While it is probing, the attempt is its probe: there is no other, since a node
    /// with a probe has no room.
    /// </summary>
    public void Given(Lease lease)
    {
        if (isProbing)
            probe = lease;
    }

    /// <summary>The node's lease of an attempt was released, whatever became of the attempt.</summary>
    public void Left(Lease lease)
    {
        if (probe == lease)
            probe = null;
    }

    /// <summary>
    /// The node is working again: an attempt has started there, or its new session has begun. True when it was resting
    /// or probing.
    /// </summary>
    public bool Clear()
    {
        var wasHeldBack = isProbing || IsResting;
        (refusals, rests, probe) = (0, 0, null);
        (isProbing, IsResting) = (false, false);
        return wasHeldBack;
    }

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back). A rest keeps its length;
    /// the dispatcher then waits for the new <see cref="Until"/>.
    /// </summary>
    public void ClockStepped(long by) => Until += by;
}
