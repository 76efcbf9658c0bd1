
namespace OrleansTasks.Cluster.Status;

/// <summary>
/// Notices that the wall clock was set, by comparing its readings with the time that has passed between them. Times are
/// milliseconds: Unix time for the wall clock, any origin for the steady one.
/// </summary>
/// <param name="wall">The wall clock's first reading.</param>
/// <param name="steady">The steady clock's.</param>
internal sealed class ClockSteps(long wall, long steady)
{
    /// <summary>Smaller steps are those of time synchronization, and change nothing that a person would notice.</summary>
    internal const long Least = 5_000;

    /// <summary>How long a step is reported.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    private long lead = wall - steady;
    private long highest = wall;
    private long seenAt;

    /// <summary>Whether the wall clock shows a time that it has shown before. Then stored times may be in the future.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>The last step of the last day; null if there was none.</summary>
    public ClockStep? Last { get; private set; }

    /// <summary>Notes a reading. Returns the step since the reading before, if there was one.</summary>
    public ClockStep? Note(long wallNow, long steadyNow)
    {
        IsBehind = wallNow < highest;
        highest = Math.Max(highest, wallNow);
        var by = wallNow - steadyNow - lead;
        lead += by;
        if (Math.Abs(by) >= Least)
        {
            seenAt = steadyNow;
            return Last = new ClockStep(by, wallNow);
        }

        if (Last is not null && steadyNow - seenAt >= KeptFor.TotalMilliseconds)
            Last = null;
        return null;
    }
}
