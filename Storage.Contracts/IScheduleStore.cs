using OrleansTasks.Schedules;

namespace OrleansTasks.Storage;

/// <summary>
/// Reads schedules. Only the owner of a schedule's queue writes them (<see cref="QueueCommit.Schedules"/>). All methods
/// throw <see cref="StoreUnavailableException"/>. Times are Unix milliseconds.
/// </summary>
public interface IScheduleStore
{
    /// <summary>The number of occurrences kept for a schedule, in addition to open ones.</summary>
    const int KeptOccurrences = 1_000;

    /// <summary>Returns a page of a queue's schedules, by number, with bodies and secrets.</summary>
    Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit);

    /// <summary>Returns a page of a queue's open occurrences, by number.</summary>
    Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit);

    /// <summary>
    /// Returns the times in [from, to) that were started, also by backfills, as far as occurrences are kept.
    /// </summary>
    Task<ImmutableArray<long>> StartedTimes(string id, long from, long to);

    /// <summary>Returns at most <paramref name="limit"/> schedules that have a problem with their folder, by id.</summary>
    Task<ImmutableArray<(string Id, FolderProblem Problem)>> FolderProblems(int limit);

    /// <summary>Returns the names of queues that have schedules, in any order.</summary>
    Task<ImmutableArray<string>> Queues();

    /// <summary>Returns a schedule without secrets, or null.</summary>
    Task<StoredSchedule?> Get(string id);

    /// <summary>Returns schedules without secrets, by ordinal id; a null filter matches all.</summary>
    Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit);

    /// <summary>
    /// Returns occurrences by time and number, latest first. While the started task, job or workflow is stored,
    /// <see cref="OccurrenceRow.State"/> is its current state.
    /// </summary>
    Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit);
}
