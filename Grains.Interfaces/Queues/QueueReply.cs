namespace OrleansTasks.Queues;

/// <summary>The answer to a <see cref="QueueChange"/>.</summary>
/// <param name="Settings">
/// What holds from now on; at a conflict, the settings that are stored, or null when there is no such queue.
/// </param>
/// <param name="IsConflict">Whether the change was for another version than the stored one. Nothing was changed then.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueReply")]
public sealed record QueueReply([property: Id(0)] QueueSettings? Settings, [property: Id(1)] bool IsConflict);
