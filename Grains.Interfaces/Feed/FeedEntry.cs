using OrleansTasks.Tasks;

namespace OrleansTasks.Feed;

/// <summary>One transition of one task.</summary>
/// <param name="Task">The task.</param>
/// <param name="State">The state it is in from this commit on.</param>
/// <param name="Attempt">The attempt's number at that time.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedEntry")]
public readonly record struct FeedEntry(
    [property: Id(0)] TaskId Task,
    [property: Id(1)] TaskState State,
    [property: Id(2)] int Attempt);
