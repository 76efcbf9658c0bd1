namespace OrleansTasks.Schedules;

/// <summary>What a schedule starts: a task's spec, from which the task of each occurrence is made.</summary>
/// <param name="Spec">The task spec as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty when there is none.</param>
public sealed record ScheduleTemplate(ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv);
