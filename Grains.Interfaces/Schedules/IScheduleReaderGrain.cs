namespace OrleansTasks.Schedules;

/// <summary>Reads schedules from the store for the gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IScheduleReaderGrain")]
public interface IScheduleReaderGrain : IGrainWithStringKey
{
    /// <summary>The schedule with an id; null when there is none.</summary>
    [Alias("Get")]
    Task<ScheduleView?> Get(string id);

    /// <summary>At most <paramref name="limit"/> schedules by id, after <paramref name="after"/> if given.</summary>
    [Alias("List")]
    Task<ImmutableArray<ScheduleView>> List(string? queue, bool? paused, string? after, int limit);

    /// <summary>
    /// At most <paramref name="limit"/> occurrences of a schedule, newest first, then by number, largest first: those before a
    /// time and number, which are those of the last one of the page before.
    /// </summary>
    [Alias("Occurrences")]
    Task<ImmutableArray<OccurrenceView>> Occurrences(string id, OccurrenceOutcome? outcome, long beforeAt, long beforeNo, int limit);
}
