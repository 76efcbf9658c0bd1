namespace OrleansTasks.Workflows;

/// <summary>The answer to a <see cref="WorkflowRequest"/>.</summary>
/// <param name="Outcome">The outcome.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowReply")]
public sealed record WorkflowReply([property: Id(0)] WorkflowOutcome Outcome)
{
    /// <summary>
    /// The time in milliseconds after which to try again; set with <see cref="WorkflowOutcome.QueueFull"/>.
    /// </summary>
    [Id(1)]
    public long RetryAfter { get; init; }

    /// <summary>The reply to a request that was carried out.</summary>
    public static WorkflowReply Done { get; } = new(WorkflowOutcome.Done);
}
