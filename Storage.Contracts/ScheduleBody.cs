namespace OrleansTasks.Storage;

/// <summary>
/// What a user wrote of the schedule with number <c>No</c> in its queue, as JSON in UTF-8. <c>SecretEnv</c> is
/// separate, from <see cref="Schedules.ScheduleSpec.CopySecrets"/>, and may be empty.
/// </summary>
public sealed record ScheduleBody(long No, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
