namespace OrleansTasks.Tasks;

/// <summary>When a task probably starts: nine of ten past estimates of its queue held within such a range.</summary>
/// <param name="From">The earliest time, in Unix milliseconds.</param>
/// <param name="To">The latest time, in Unix milliseconds.</param>
/// <param name="Samples">How many past estimates it is drawn from.</param>
[GenerateSerializer, Immutable, Alias("ot.StartRange")]
public sealed record StartRange([property: Id(0)] long From, [property: Id(1)] long To, [property: Id(2)] int Samples);
