namespace OrleansTasks.Queues;

/// <summary>
/// What passed through a queue in the last five minutes, or since its owner began, and what will become of its waiting
/// tasks. Chunks of data jobs count only for <paramref name="HeldBy"/>.
/// </summary>
/// <param name="Since">When counting began, in Unix milliseconds.</param>
/// <param name="Arrivals">How many tasks were queued a second.</param>
/// <param name="Starts">How many attempts started a second.</param>
/// <param name="Ends">How many attempts ended a second.</param>
/// <param name="MeanRunTime">How long an attempt ran, in milliseconds; null if none has ended.</param>
/// <param name="Slots">
/// The slots, taken or free, of nodes that accept work and match a queued task; if none is queued, of all nodes that
/// accept work.
/// </param>
/// <param name="Backlog">The number of queued tasks.</param>
/// <param name="EmptyAt">When no task will be queued any more, in Unix milliseconds; null if that cannot be
/// told.</param>
/// <param name="Trend">How the backlog changes.</param>
/// <param name="HeldBy">What held tasks back, largest share first.</param>
/// <param name="Samples">The number of past estimates that were checked, up to 256.</param>
/// <param name="InRange">The fraction of those with a range that held; null without any.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueForecast")]
public sealed record QueueForecast(
    [property: Id(0)] long Since,
    [property: Id(1)] double Arrivals,
    [property: Id(2)] double Starts,
    [property: Id(3)] double Ends,
    [property: Id(4)] double? MeanRunTime,
    [property: Id(5)] int Slots,
    [property: Id(6)] int Backlog,
    [property: Id(7)] long? EmptyAt,
    [property: Id(8)] QueueTrend Trend,
    [property: Id(9)] ImmutableArray<HeldShare> HeldBy,
    [property: Id(10)] int Samples,
    [property: Id(11)] double? InRange)
{
    /// <summary>When the present blackout ends, in Unix milliseconds; null outside blackouts.</summary>
    [Id(12)] public long? BlackoutUntil { get; init; }
}
