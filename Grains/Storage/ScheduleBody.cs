namespace OrleansTasks.Storage;

/// <summary>What a user wrote of a schedule: written when the schedule is made or replaced.</summary>
/// <param name="No">The schedule's number in its partition.</param>
/// <param name="Spec">The schedule as JSON in UTF-8, without the task's <c>secretEnv</c>.</param>
/// <param name="SecretEnv">The task's <c>secretEnv</c> object as JSON in UTF-8; empty when there is none.</param>
public sealed record ScheduleBody(long No, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
