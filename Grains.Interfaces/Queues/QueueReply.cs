namespace OrleansTasks.Queues;

/// <summary>The settings after a change, or the stored ones (null if none) if its version conflicts.</summary>
[GenerateSerializer, Immutable, Alias("ot.QueueReply")]
public sealed record QueueReply([property: Id(0)] QueueSettings? Settings, [property: Id(1)] bool IsConflict);
