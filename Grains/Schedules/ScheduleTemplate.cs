namespace OrleansTasks.Schedules;

/// <summary>What a schedule starts: a spec, from which the task, job or workflow of each occurrence is made.</summary>
/// <param name="Target">What each occurrence starts.</param>
/// <param name="Spec">The spec as JSON in UTF-8, without <c>secretEnv</c>.</param>
/// <param name="SecretEnv">What <see cref="ScheduleSpec.CopySecrets"/> took from it; empty if there is none.</param>
/// <param name="Nodes">The number of nodes of a workflow; 0 for anything else.</param>
public sealed record ScheduleTemplate(
    ScheduleTarget Target, ReadOnlyMemory<byte> Spec, ReadOnlyMemory<byte> SecretEnv, int Nodes = 0)
{
    /// <summary>How much of a round one occurrence uses: the number of nodes for a workflow, otherwise 1.</summary>
    public int Weight => Math.Max(1, Nodes);
}

/// <summary>What an occurrence starts.</summary>
public enum ScheduleTarget
{
    /// <summary>A task.</summary>
    Task,

    /// <summary>A data job.</summary>
    Job,

    /// <summary>A workflow.</summary>
    Workflow,
}
