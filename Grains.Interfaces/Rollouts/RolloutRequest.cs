using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>What a <see cref="RolloutRequest"/> asks for.</summary>
public enum RolloutAction
{
    /// <summary>Starts a rollout.</summary>
    Start = 0,

    /// <summary>Lets a halted rollout go on, in spite of the nodes that have failed so far.</summary>
    Resume = 1,

    /// <summary>Ends a rollout, including tasks that run.</summary>
    Cancel = 2,

    /// <summary>Gives the command once more to the nodes that failed.</summary>
    Retry = 3,
}

/// <summary>A request from a gateway to the owner of a rollout's queue.</summary>
/// <param name="Action">The requested action.</param>
/// <param name="Id">The rollout's id.</param>
[GenerateSerializer, Immutable, Alias("ot.RolloutRequest")]
public sealed record RolloutRequest([property: Id(0)] RolloutAction Action, [property: Id(1)] TaskId Id)
{
    /// <summary>Whether the request adds to the store, and so is refused while the disk is nearly full.</summary>
    public bool Grows => Action is RolloutAction.Start or RolloutAction.Retry;

    /// <summary>The validated body without secrets, to start a rollout; otherwise empty.</summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Spec { get; init; }

    /// <summary>The task's <c>secretEnv</c> object as JSON in UTF-8; empty if there is none.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte> SecretEnv { get; init; }

    /// <summary>The ids of the selected nodes, in ordinal order, each once.</summary>
    [Id(4)]
    public ImmutableArray<string> Nodes { get; init; } = [];

    /// <summary>
    /// The request's idempotency key, or null. Its answer is ignored, since the owner stores the actual one.
    /// </summary>
    [Id(5)]
    public IdempotencyEntry? Idempotency { get; init; }
}
