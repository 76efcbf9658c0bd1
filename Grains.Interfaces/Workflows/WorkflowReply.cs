namespace OrleansTasks.Workflows;

/// <summary>The answer to a <see cref="WorkflowRequest"/>.</summary>
/// <param name="Outcome">What came of it.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowReply")]
public sealed record WorkflowReply([property: Id(0)] WorkflowOutcome Outcome)
{
    /// <summary>After how many milliseconds to ask again, with <see cref="WorkflowOutcome.QueueFull"/>.</summary>
    [Id(1)]
    public long RetryAfter { get; init; }

    /// <summary>The plain yes.</summary>
    public static WorkflowReply Done { get; } = new(WorkflowOutcome.Done);
}
