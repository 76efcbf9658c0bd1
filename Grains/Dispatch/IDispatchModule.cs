
namespace OrleansTasks.Dispatch;

/// <summary>
/// One concern of a queue's rules that acts by itself: due tasks, leases, workflows, schedules. <see cref="DispatchCore"/>
/// lists the modules in the order in which each round calls them. A module keeps its state in memory and puts its changes
/// into the round's draft. Times are Unix milliseconds of the wall clock.
/// </summary>
internal interface IDispatchModule
{
    /// <summary>When <see cref="Tick"/> next has work: 0 for at once, <see cref="long.MaxValue"/> for never.</summary>
    long Next { get; }

    /// <summary>Does what is due, within the bounds of a round; <see cref="Next"/> tells whether more is left.</summary>
    void Tick(long now, CommitDraft draft);

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back) to <paramref name="now"/>.
    /// A module whose times are times of day has nothing to do.
    /// </summary>
    void ClockStepped(long by, long now) { }
}
