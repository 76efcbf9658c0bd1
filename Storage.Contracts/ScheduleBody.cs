namespace OrleansTasks.Storage;

/// <summary>
/// The user's definition of the schedule with number <c>No</c> in its queue, as JSON in UTF-8. <c>SecretEnv</c> is
/// stored separately, comes from <see cref="Schedules.ScheduleSpec.CopySecrets"/>, and may be empty.
/// </summary>
public sealed record ScheduleBody(long No, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
