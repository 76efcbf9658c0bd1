namespace OrleansTasks.Tasks;

/// <summary>
/// Keeps a node that refuses tasks from getting the first task again and again, since a node that runs nothing ranks first. Nothing
/// happens here by itself: after <see cref="Refused"/> was true, the dispatcher calls <see cref="TryEnd"/> at <see cref="Until"/>. After
/// every change it calls <see cref="NodeRanks.Update"/>. Times are Unix milliseconds, durations milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// working --unable, or the fourth report in a row that refuses--> resting, the n-th time: 50 ms * 2^(n-1), at most 30 s, less up to half
/// resting --its time is over--> probing (one task at a time, to see whether the node takes it)
/// probing --unable or refused--> resting, n + 1
/// probing --the attempt leaves the node without having started--> probing, with another task
/// any     --an attempt starts there, or a new session--> working, n = 0
/// </code>
/// </remarks>
internal sealed class NodeRest
{
    private const long Shortest = 50;
    private const long Longest = 30_000;

    /// <summary>How many reports of refusals in a row are normal.</summary>
    private const int PatientReports = 3;

    /// <summary>Calls of <see cref="Refused"/> since an attempt last started there.</summary>
    private int refusals;

    /// <summary>Rests since an attempt last started there.</summary>
    private int rests;
    private bool isProbing;

    /// <summary>The attempt that the node was given while probing; null while it may be given one.</summary>
    private Lease? probe;

    /// <summary>Whether the node is given nothing until <see cref="Until"/>.</summary>
    public bool IsResting { get; private set; }

    /// <summary>The end of its latest rest.</summary>
    public long Until { get; private set; }

    /// <summary>Whether it gets one task at most, to see whether it takes one.</summary>
    public bool IsProbing => isProbing;

    /// <summary>Whether it can be given a task now.</summary>
    public bool Allows => !IsResting && (!isProbing || probe is null);

    /// <summary>The node has given attempts back in its current session: once for a list of them, however long.</summary>
    /// <param name="isUnable">
    /// Whether it could not start them; else it had too much to do, which is normal now and then.
    /// </param>
    /// <param name="now">The time.</param>
    /// <param name="random">For jitter.</param>
    /// <returns>Whether a rest begins.</returns>
    public bool Refused(bool isUnable, long now, IRandomness random)
    {
        refusals++;
        probe = null;
        if (IsResting || (!isUnable && !isProbing && refusals <= PatientReports))
            return false;
        var longest = Math.Min(Longest, Shortest << Math.Min(rests++, 10));
        IsResting = true;
        isProbing = false;
        Until = now + longest - (long)(random.NextFraction() * (longest / 2.0));
        return true;
    }

    /// <summary>Ends a rest whose time has come: the node is probing from now on. False when no rest was to end.</summary>
    public bool TryEnd(long now)
    {
        if (!IsResting || Until > now)
            return false;
        IsResting = false;
        isProbing = true;
        return true;
    }

    /// <summary>The node was given an attempt: with room only, so there is no other probe.</summary>
    public void Given(Lease lease)
    {
        if (isProbing)
            probe = lease;
    }

    /// <summary>An attempt has left the node, whatever became of it.</summary>
    public void Left(Lease lease)
    {
        if (probe == lease)
            probe = null;
    }

    /// <summary>An attempt has started there, or the node has begun anew. True when it had been held back.</summary>
    public bool Clear()
    {
        var wasHeldBack = isProbing || IsResting;
        (refusals, rests, probe) = (0, 0, null);
        (isProbing, IsResting) = (false, false);
        return wasHeldBack;
    }

    /// <summary>The wall clock was set by so many milliseconds. The dispatcher then waits for the new <see cref="Until"/>.</summary>
    public void ClockStepped(long by) => Until += by;
}
