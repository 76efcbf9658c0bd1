using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Schedules;

/// <summary>The next times of a timetable, as the HTTP contract shows them.</summary>
[Schema("SchedulePreview"), Description("The next times that a schedule would have.")]
internal sealed record PreviewAnswer(
    [property: RefersTo("Time", IsOfItems = true), Description("The times, before jitter."), MaxLength(PreviewAnswer.MostTimes)]
    IEnumerable<Timestamp> Times,
    [property: Description("Sentences about the first changes of the time zone's clocks up to the last time shown, at most ten years ahead, and "
        + "about times that do not exist or occur twice. Empty with every."), MaxLength(PreviewAnswer.MostNotes)]
    IEnumerable<string> Notes)
{
    /// <summary>The most times.</summary>
    public const int MostTimes = 20;

    /// <summary>The most notes.</summary>
    public const int MostNotes = 4;

    /// <summary>The example of the contract.</summary>
    public static PreviewAnswer Example => new([Examples.Time], []);
}
