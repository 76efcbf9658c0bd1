using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Queues;

/// <summary>A queue's forecast, as the HTTP contract shows it.</summary>
[Schema("QueueForecast")]
[Description("What passed through a queue lately, and when its waiting tasks will be gone.")]
internal sealed record ForecastAnswer
{
    private const int Digits = 6;

    [Description("Tasks that are queued.")]
    public required int Backlog { get; init; }

    [Description("How the backlog changes. A batch that came once says nothing about arrivals to come. Null if nothing is known yet.")]
    public required QueueTrend? Trend { get; init; }

    [Description("When no task will be queued any more, if tasks go on to arrive and start as in the last minute; null unless the "
        + "backlog shrinks or is empty.")]
    public required Timestamp? EmptyAt { get; init; }

    [Description("When the present blackout ends; null outside blackouts, and if it has no known end.")]
    public required Timestamp? BlackoutUntil { get; init; }

    [Description("The slots, taken or free, of nodes that accept work and match a queued task; if none is queued, of all nodes that "
        + "accept work.")]
    public required int Slots { get; init; }

    [Description("How long attempts ran, such as 1.5s; null if none has ended.")]
    public required string? MeanRunTime { get; init; }

    [Description("Tasks that were queued: accepted, due, released or retried. Chunks of data jobs do not count.")]
    public required double ArrivalsPerSecond { get; init; }

    [Description("Attempts that started.")]
    public required double StartsPerSecond { get; init; }

    [Description("Attempts that ended after their start, lost ones apart.")]
    public required double EndsPerSecond { get; init; }

    [Description("When counting began: 5 minutes ago, or when a silo took the queue over.")]
    public required Timestamp Since { get; init; }

    [Description("What held tasks back, largest share first; empty if no task was queued.")]
    public required IReadOnlyList<HeldShare> HeldBy { get; init; }

    [Description("How good the estimates of starts were.")]
    public required EstimatesAnswer Estimates { get; init; }

    /// <summary>The example of the contract.</summary>
    public static ForecastAnswer Example => Of(new QueueForecast(
        1793870700_000, 1.2, 3.9, 3.9, 2_010, 8, 540, 1793871200_000, QueueTrend.Shrinking, [new("no-free-slot", 1)], 212, 0.92));

    /// <summary>Returns the answer of a forecast.</summary>
    public static ForecastAnswer Of(QueueForecast forecast) => new()
    {
        Backlog = forecast.Backlog,
        Trend = forecast.Trend == QueueTrend.Unknown ? null : forecast.Trend,
        EmptyAt = forecast.EmptyAt,
        BlackoutUntil = forecast.BlackoutUntil is { } until and < long.MaxValue ? until : null,
        Slots = forecast.Slots,
        MeanRunTime = forecast.MeanRunTime is { } mean ? Durations.Format(TimeSpan.FromMilliseconds(Math.Round(mean))) : null,
        ArrivalsPerSecond = Math.Round(forecast.Arrivals, Digits),
        StartsPerSecond = Math.Round(forecast.Starts, Digits),
        EndsPerSecond = Math.Round(forecast.Ends, Digits),
        Since = forecast.Since,
        HeldBy = Shown(forecast.HeldBy)!,
        Estimates = new EstimatesAnswer(forecast.Samples, forecast.InRange is { } fraction ? Math.Round(fraction, Digits) : null),
    };

    /// <summary>Returns shares as answers show them.</summary>
    public static HeldShare[]? Shown(ImmutableArray<HeldShare>? shares) => shares is { } known
        ? [.. known.Select(static share => share with { Share = Math.Round(share.Share, Digits) })]
        : null;
}

/// <summary>How good the estimates of a queue were.</summary>
internal sealed record EstimatesAnswer(
    [property: Description("Past estimates of starts that were checked."), Range(0, 256)]
    int Samples,
    [property: Description("The fraction of those with a range whose tasks started within it; null without any."), Range(0, 1)]
    double? InRange);
