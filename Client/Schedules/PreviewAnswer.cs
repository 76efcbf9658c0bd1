using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>The next times of a timetable, as the HTTP contract shows them.</summary>
[Schema("SchedulePreview"), Description("The next times that a schedule would have.")]
internal sealed record PreviewAnswer(
    [property: RefersTo("Time", IsOfItems = true), Description("The times, before jitter."), MaxLength(PreviewAnswer.MostTimes)]
    IEnumerable<Timestamp> Times,
    [property: Description("The first times that fall out by calendars, up to the last of the times."), MaxLength(PreviewAnswer.MostTimes)]
    IEnumerable<LeftOutAnswer> LeftOut,
    [property: Description("Sentences about the first changes of the time zone's clocks up to the last time shown, at most ten years ahead, and "
        + "about times that do not exist or occur twice. Empty with every."), MaxLength(PreviewAnswer.MostNotes)]
    IEnumerable<string> Notes)
{
    /// <summary>The most times.</summary>
    public const int MostTimes = 20;

    private const int MostLooked = 10_000;

    /// <summary>The most notes.</summary>
    public const int MostNotes = 4;

    /// <summary>
    /// Returns the first times after <paramref name="from"/> that fall out, up to <paramref name="to"/>.
    /// </summary>
    public static IEnumerable<LeftOutAnswer> LeftOutOf(Timetable timetable, long from, long? to)
    {
        if (!timetable.HasCalendars)
            yield break;
        // If calendars leave out few times, the search is long, so it is bounded too.
        var left = MostTimes;
        for (var (at, looked) = (timetable.NextOfAll(from), 0); at is { } time && time <= (to ?? long.MaxValue) && left > 0 && looked < MostLooked;
            at = timetable.NextOfAll(time), looked++)
        {
            if (timetable.ExclusionOf(time) is not { } exclusion)
                continue;
            left--;
            yield return new LeftOutAnswer(time, exclusion.Calendar);
        }
    }

    /// <summary>The example of the contract.</summary>
    public static PreviewAnswer Example => new([Examples.Time], [new LeftOutAnswer(Examples.Time + 86_400_000, "holidays")], []);
}

/// <summary>A time that falls out by calendars.</summary>
internal sealed record LeftOutAnswer(
    [property: Description("The time.")] Timestamp At,
    [property: Description("The calendar of except that has the time; null if no calendar of only has it.")] string? Calendar);
