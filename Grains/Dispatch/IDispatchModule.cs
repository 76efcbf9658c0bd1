
namespace OrleansTasks.Dispatch;

/// <summary>
/// One concern of a queue's rules that acts by itself: due tasks, leases, workflows, schedules. Keeps its state in
/// memory and puts changes into the round's draft. Times are Unix milliseconds of the wall clock.
/// </summary>
internal interface IDispatchModule
{
    /// <summary>When <see cref="Tick"/> next has work: 0 for at once, <see cref="long.MaxValue"/> for never.</summary>
    long Next { get; }

    /// <summary>Does what is due, within the bounds of a round. <see cref="Next"/> tells if more is left.</summary>
    void Tick(long now, CommitDraft draft);

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back) to <paramref name="now"/>.
    /// Times of day need no change.
    /// </summary>
    void ClockStepped(long by, long now) { }
}
