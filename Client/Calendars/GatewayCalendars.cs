using OrleansTasks.Calendars;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Calendars;

/// <summary>
/// Reads the calendars that schedules name. A gateway has one instance, which reads each version once.
/// </summary>
/// <param name="grains">The calendars.</param>
internal sealed class GatewayCalendars(GatewayGrains grains)
{
    private CalendarSet known = CalendarSet.Empty;

    /// <summary>Returns all calendars, if a schedule may name one.</summary>
    public Task<CalendarSet> For(params IEnumerable<ScheduleView> schedules) =>
        schedules.Any(static schedule => MayName(schedule.Spec.Span)) ? Read() : Task.FromResult(CalendarSet.Empty);

    /// <summary>Returns all calendars, if a schedule names one.</summary>
    public Task<CalendarSet> For(ScheduleSpec spec) =>
        spec.CalendarNames.IsEmpty ? Task.FromResult(CalendarSet.Empty) : Read();

    private async Task<CalendarSet> Read()
    {
        var renewed = await Volatile.Read(ref known).Renew(await grains.Calendars.Heads(), grains.Calendars.Find);
        Volatile.Write(ref known, renewed);
        return renewed;
    }

    // Finding the names in the text is cheaper than reading a body of a megabyte twice.
    private static bool MayName(ReadOnlySpan<byte> spec) =>
        JsonFields.MayHave(spec, "\"only\""u8) || JsonFields.MayHave(spec, "\"except\""u8);
}
