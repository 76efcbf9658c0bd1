namespace OrleansTasks.Queues;

/// <summary>
/// Times in which a queue starts nothing: those of a calendar, or from one time to another, in Unix milliseconds. Has
/// either <see cref="Calendar"/>, or <see cref="From"/> and <see cref="To"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.Blackout")]
public sealed record Blackout(
    [property: Id(0)] string? Calendar, [property: Id(1)] long? From = null, [property: Id(2)] long? To = null);
