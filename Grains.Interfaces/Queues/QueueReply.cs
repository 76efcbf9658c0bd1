namespace OrleansTasks.Queues;

/// <summary>
/// The settings after a change. After a version conflict, the stored settings, or null if there are none.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.QueueReply")]
public sealed record QueueReply([property: Id(0)] QueueSettings? Settings, [property: Id(1)] bool IsConflict);
