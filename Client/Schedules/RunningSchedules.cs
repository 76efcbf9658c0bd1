using OrleansTasks.Calendars;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>Reads the schedules that are not paused, with their plans.</summary>
internal static class RunningSchedules
{
    // Their specs may have a megabyte each.
    private const int PageSize = 16;

    /// <summary>How long a call may read schedules.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Passes each readable schedule to <paramref name="take"/>. An unreadable one has no times. Returns false if time
    /// ran out before the last schedule.
    /// </summary>
    /// <param name="grains">Reads schedules and calendars.</param>
    /// <param name="queue">Only schedules of this queue; null for all queues.</param>
    /// <param name="time">The clock.</param>
    /// <param name="take">Receives a schedule with its plan.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<bool> Read(
        GatewayGrains grains, string? queue, TimeProvider time, Func<ScheduleView, SchedulePlan, Task> take,
        CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        for (string? after = null; ;)
        {
            var page = await grains.Schedules.List(queue, paused: false, after, PageSize);
            var known = await grains.KnownCalendars.For(page);
            foreach (var schedule in page)
            {
                cancellation.ThrowIfCancellationRequested();
                if (PlanOf(schedule, known) is { } plan)
                    await take(schedule, plan);
                if (time.GetElapsedTime(began) > Patience)
                    return page.Length < PageSize && schedule == page[^1];
            }

            if (page.Length < PageSize)
                return true;
            after = page[^1].Id;
        }
    }

    private static SchedulePlan? PlanOf(ScheduleView schedule, CalendarSet known)
    {
        try
        {
            return ScheduleSpecReader.ReadStored(schedule.Spec.Span).PlanOf(schedule.CreatedAt, known);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
