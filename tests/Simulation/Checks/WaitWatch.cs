using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks that whoever waits for a task hears of its end at once while nothing is wrong. The bound is far below the 5 s after which
/// a gateway looks by itself: a wait that lives from those looks fails.
/// </summary>
/// <param name="calm">From when on nothing is wrong, and what was wrong has been noticed.</param>
/// <param name="coverage">Learns how waits ended.</param>
internal sealed class WaitWatch(TimeSpan calm, Coverage coverage)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(500);
    private readonly Dictionary<TaskId, TimeSpan> ended = [];

    /// <summary>From when on waits must be answered at once.</summary>
    public TimeSpan Calm => calm;

    /// <summary>A commit is on the disk.</summary>
    public void Committed(QueueCommit commit, TimeSpan now)
    {
        foreach (var write in commit.Writes)
        {
            if (write.Row.State.IsFinal())
                ended.TryAdd(write.Row.Id, now);
            else
                ended.Remove(write.Row.Id);
        }
    }

    /// <summary>A wait that began at a time was answered with a task that has ended.</summary>
    public void Answered(TaskId id, TimeSpan began, TimeSpan now)
    {
        // Retried meanwhile: the answer was true when it was made.
        if (!ended.TryGetValue(id, out var at))
            return;
        var known = at > began ? at : began;
        coverage.Fire(known >= calm ? "wait in calm" : "wait in turmoil");
        Violation.Unless(
            known < calm || now - known <= Bound,
            $"{id} ended, and who waited for it heard {now - known} later.");
    }
}
