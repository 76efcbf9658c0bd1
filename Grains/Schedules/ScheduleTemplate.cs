namespace OrleansTasks.Schedules;

/// <summary>What a schedule starts: a spec, from which the task or the workflow of each occurrence is made.</summary>
/// <param name="Spec">The spec as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">What <see cref="ScheduleSpec.CopySecrets"/> took from it; empty when there is none.</param>
/// <param name="Nodes">How many nodes the workflow has; 0 for a task.</param>
public sealed record ScheduleTemplate(ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv, int Nodes = 0)
{
    /// <summary>Whether it is the spec of a workflow.</summary>
    public bool IsWorkflow => Nodes > 0;

    /// <summary>How many tasks one occurrence starts.</summary>
    public int Tasks => Math.Max(1, Nodes);
}
