using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>Tasks of one queue that require the same labels and resources, and for which only nodes are missing.</summary>
/// <param name="Requires">The labels that they require, sorted by key and value.</param>
/// <param name="Resources">What each needs of its node besides a slot; null for nothing.</param>
/// <param name="Count">How many of them would start at once if there were nodes, chunks of data jobs included.</param>
/// <param name="Oldest">Since when the one that has waited longest has been ready, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueDemand")]
public sealed record QueueDemand(
    [property: Id(0)] ImmutableArray<Label> Requires,
    [property: Id(1)] ResourceVector? Resources,
    [property: Id(2)] long Count,
    [property: Id(3)] long Oldest);
