namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// Holds tasks back from a node that gives attempts back unstarted. Such a node runs nothing, so it ranks first and
/// would get the first task again and again. Attempts that the node already has are not affected. Has no timer: the
/// owner calls <see cref="TryEnd"/> at <see cref="Until"/>, and <see cref="NodeRanks.Update"/> after every change.
/// Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// <code>
/// state     may be given    is left when
/// working   any tasks       unable, or the fourth refusal since a start      --> resting
/// resting   nothing         Until has come                                   --> probing
/// probing   one at a time   unable or refused                                --> resting
/// any       -               an attempt starts there, or a session begins     --> working, counts are 0
/// </code>
/// Unable: the node could not start an attempt, for a reason other than the task. Refused: it was busy. The n-th rest
/// since a start lasts 50 ms * 2^(n-1), at most 30 s, minus a random part of up to half. A probe that is lost, or whose
/// command cannot be started because of the task, proves nothing: the node keeps probing with another task.
/// </remarks>
internal sealed class NodeRest
{
    private const long FirstBound = 50;

    private const long LargestBound = 30_000;

    // How many refusals start no rest, because every busy node refuses now and then.
    private const int ToleratedReports = 3;

    // Refusals and rests are counted since an attempt last started there.
    private int refusals;

    private int rests;

    // The one attempt of a probing node, if it has one.
    private Lease? probe;

    /// <summary>Whether the node gets no tasks, until <see cref="TryEnd"/> or <see cref="Clear"/>.</summary>
    public bool IsResting { get; private set; }

    /// <summary>When the latest rest ends; undefined unless the node is resting.</summary>
    public long Until { get; private set; }

    /// <summary>Whether the node is given one task at a time, to see whether it starts the task.</summary>
    public bool IsProbing { get; private set; }

    /// <summary>Whether the node may be given one more task, as far as its refusals go.</summary>
    public bool Allows => !IsResting && (!IsProbing || probe is null);

    /// <summary>
    /// Counts a list of attempts of the current session that the node gave back. Returns true if a rest begins, which
    /// the caller must end by <see cref="TryEnd"/>. A call during a rest does not prolong it.
    /// </summary>
    public bool Refused(bool isUnable, long now, IRandomness random)
    {
        refusals++;
        probe = null;
        if (IsResting || (!isUnable && !IsProbing && refusals <= ToleratedReports))
            return false;
        // The bounded shift cannot overflow; 50 ms * 2^10 is above the largest bound.
        var bound = Math.Min(LargestBound, FirstBound << Math.Min(rests++, 10));
        IsResting = true;
        IsProbing = false;
        Until = now + bound - (long)(random.NextFraction() * (bound / 2.0));
        return true;
    }

    /// <summary>Begins probing if the rest is over. Otherwise returns false, without a change.</summary>
    public bool TryEnd(long now)
    {
        if (!IsResting || Until > now)
            return false;
        IsResting = false;
        IsProbing = true;
        return true;
    }

    /// <summary>
    /// Notes an attempt given to the node. While probing, it is the only one, because a probe leaves no room.
    /// </summary>
    public void Given(Lease lease)
    {
        if (IsProbing)
            probe = lease;
    }

    public void Left(Lease lease)
    {
        if (probe == lease)
            probe = null;
    }

    /// <summary>Sets the node back to working. Returns true if it was resting or probing.</summary>
    public bool Clear()
    {
        var wasHeldBack = IsProbing || IsResting;
        (refusals, rests, probe) = (0, 0, null);
        (IsProbing, IsResting) = (false, false);
        return wasHeldBack;
    }

    public void ClockStepped(long by) => Until += by;
}
