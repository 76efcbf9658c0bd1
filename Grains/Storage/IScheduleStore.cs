using OrleansTasks.Schedules;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads the schedules of an <see cref="ITaskStore"/>. The owner of a schedule's queue alone writes it, with
/// <see cref="ITaskStore.Commit"/> (<see cref="QueueCommit.Schedules"/>). All methods throw
/// <see cref="StoreUnavailableException"/> when the store cannot be read. Times are Unix milliseconds.
/// </summary>
public interface IScheduleStore
{
    /// <summary>How many occurrences of a schedule are kept and shown; open ones besides.</summary>
    const int KeptOccurrences = 1_000;

    /// <summary>
    /// Returns a page of a queue's schedules with their bodies and secrets, by number: at most
    /// <paramref name="limit"/> with larger numbers than <paramref name="after"/>.
    /// </summary>
    Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit);

    /// <summary>
    /// Returns a page of a queue's occurrences that wait, or that have started what has not ended, by number: at
    /// most <paramref name="limit"/> with larger numbers than <paramref name="after"/>.
    /// </summary>
    Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>
    /// Returns the times from <paramref name="from"/> on and before <paramref name="to"/> that a schedule has started, by
    /// time or in a backfill, as far as its occurrences are kept; in any order.
    /// </summary>
    Task<ImmutableArray<long>> StartedTimes(string id, long from, long to);

    /// <summary>Returns the queues that have schedules, in any order.</summary>
    Task<ImmutableArray<string>> Queues();

    /// <summary>Returns the schedule with an id, without secrets; null when there is none.</summary>
    Task<StoredSchedule?> Get(string id);

    /// <summary>Returns schedules by id, without secrets.</summary>
    /// <param name="queue">Only those of this queue; null for all.</param>
    /// <param name="paused">Only those that are paused, or that are not; null for all.</param>
    /// <param name="after">Only ids that come later by their characters' codes; null for the first page.</param>
    /// <param name="limit">How many at most.</param>
    Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit);

    /// <summary>
    /// Returns a schedule's occurrences by time, newest first, then by number, largest first. Of an occurrence whose
    /// task, job or workflow is stored, <see cref="OccurrenceRow.State"/> is the present state of that.
    /// </summary>
    /// <param name="id">The schedule's id.</param>
    /// <param name="outcome">Only those with this outcome; null for all.</param>
    /// <param name="before">The time and number of the last row of the page before; null for the first page.</param>
    /// <param name="limit">How many at most.</param>
    Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit);
}
