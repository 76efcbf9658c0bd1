
namespace OrleansTasks.Dispatch;

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
