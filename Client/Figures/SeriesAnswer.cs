using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Figures;

/// <summary>Figures over time, as the HTTP contract shows them.</summary>
[Schema("SeriesList"), Description("Figures over time.")]
internal sealed record SeriesAnswer(
    [property: Description("The start of the first step.")]
    Timestamp From,
    [property: Description("The length of a step.")]
    string Step,
    [property: Description("The time from which values exist in this resolution; null if there are none.")]
    Timestamp? Since,
    [property: Description("The figures that the query matches."), MaxLength(SeriesQuery.MostSeries)]
    IEnumerable<OneSeriesAnswer> Series)
{
    private const int Digits = 3;

    /// <summary>The example of the contract.</summary>
    public static SeriesAnswer Example => new(
        Examples.Time, "10s", Examples.Time + 10_000, [new OneSeriesAnswer("queue.depth", "tasks", "default", [null, 7, 0])]);

    /// <summary>Returns the answer of a reading.</summary>
    public static SeriesAnswer Of(SeriesReading reading) => new(
        reading.From * 1_000, Durations.Format(TimeSpan.FromSeconds(reading.Step)), reading.Since * 1_000,
        reading.Series.Select(static one => new OneSeriesAnswer(
            one.Series.Id.Name, one.Series.Unit, one.Series.Id.Key.Length == 0 ? null : one.Series.Id.Key,
            one.Values.Select(static value => value is { } known ? Math.Round(known, Digits) : (double?)null))));
}

/// <summary>A figure over time, as the HTTP contract shows it.</summary>
[Description("A figure over time.")]
internal sealed record OneSeriesAnswer(
    [property: Description("The figure's name.")]
    string Name,
    [property: Description("Empty for a plain number.")]
    string Unit,
    [property: Description("The queue, node, reason or grain; null for the whole service. The key 'other' stands for everything without its own series.")]
    string? Key,
    [property: Description("One value per step; null if unknown."), MaxLength(SeriesQuery.MostPoints)]
    IEnumerable<double?> Values);
