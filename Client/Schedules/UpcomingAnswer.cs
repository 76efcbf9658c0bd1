using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Schedules;

/// <summary>The next times of schedules, as the HTTP contract shows them.</summary>
[Schema("UpcomingList"), Description("The next times of all schedules.")]
internal sealed record UpcomingAnswer(
    [property: Description("The times in order.")]
    IEnumerable<UpcomingTimeAnswer> Items,
    [property: Description("False if later times were omitted, or if there are too many schedules to read."), JsonPropertyOrder(1)]
    bool Complete) : IListAnswer
{
    [Description("Always null.")]
    public string? NextCursor => null;

    /// <summary>The example of the contract.</summary>
    public static UpcomingAnswer Example => new([new UpcomingTimeAnswer(Examples.Time, "nightly", "default")], Complete: true);
}

/// <summary>A time of a schedule, as the HTTP contract shows it.</summary>
[Description("A time of a schedule.")]
internal sealed record UpcomingTimeAnswer(
    [property: Description("The time before jitter.")]
    Timestamp Time,
    [property: Description("The schedule's id.")]
    string Schedule,
    [property: Description("The schedule's queue.")]
    string Queue);
