namespace OrleansTasks.Schedules;

/// <summary>Reads schedules from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IScheduleReaderGrain")]
public interface IScheduleReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the schedule with this id; null if there is none.</summary>
    [Alias("Get")]
    Task<ScheduleView?> Get(string id);

    /// <summary>
    /// Returns at most <paramref name="limit"/> schedules by id, after <paramref name="after"/> if given.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<ScheduleView>> List(string? queue, bool? paused, string? after, int limit);

    /// <summary>Returns at most <paramref name="limit"/> schedules that have a problem with their folder, by id.</summary>
    [Alias("FolderProblems")]
    Task<ImmutableArray<ScheduleFolderProblem>> FolderProblems(int limit);

    /// <summary>
    /// Returns at most <paramref name="limit"/> occurrences of a schedule, newest time first, then largest number
    /// first. To get the next page, pass the time and number of the last occurrence of the page before.
    /// </summary>
    [Alias("Occurrences")]
    Task<ImmutableArray<OccurrenceView>> Occurrences(string id, OccurrenceOutcome? outcome, long beforeAt, long beforeNo, int limit);
}
