namespace OrleansTasks.Storage;

/// <summary>What a user wrote of a schedule: written when the schedule is made or replaced.</summary>
/// <param name="No">The schedule's number in its queue.</param>
/// <param name="Spec">The schedule as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">What <see cref="Schedules.ScheduleSpec.CopySecrets"/> took from it; empty when there is none.</param>
public sealed record ScheduleBody(long No, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
