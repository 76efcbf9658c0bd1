namespace OrleansTasks.Triggers;

/// <summary>A stored trigger. Times are Unix milliseconds.</summary>
/// <param name="Name">The name.</param>
/// <param name="Definition">The definition that it starts.</param>
/// <param name="Body">The body without the secret, as JSON in UTF-8.</param>
/// <param name="CreatedAt">When the trigger was created.</param>
/// <param name="ChangedAt">When it was last changed.</param>
/// <param name="Kind">How deliveries are signed.</param>
/// <param name="Secret">The secret; empty in lists.</param>
[GenerateSerializer, Immutable, Alias("ot.TriggerView")]
public sealed record TriggerView(
    [property: Id(0)] string Name,
    [property: Id(1)] string Definition,
    [property: Id(2)] ReadOnlyMemory<byte> Body,
    [property: Id(3)] long CreatedAt,
    [property: Id(4)] long ChangedAt,
    [property: Id(5)] SignatureKind Kind,
    [property: Id(6)] string Secret)
{
    /// <summary>Returns the text without the secret.</summary>
    public override string ToString() => $"trigger {Name}";
}

/// <summary>A change of a trigger.</summary>
/// <param name="Name">The name.</param>
/// <param name="Definition">The definition that it starts.</param>
/// <param name="Body">The body to store, as JSON in UTF-8.</param>
/// <param name="Kind">How deliveries are signed.</param>
/// <param name="Secret">The secret that the caller gave; null to keep one of the same kind, or to generate one.</param>
[GenerateSerializer, Immutable, Alias("ot.TriggerChange")]
public sealed record TriggerChange(
    [property: Id(0)] string Name,
    [property: Id(1)] string Definition,
    [property: Id(2)] ReadOnlyMemory<byte> Body,
    [property: Id(3)] SignatureKind Kind,
    [property: Id(4)] string? Secret)
{
    /// <summary>Whether nothing is changed if there is a trigger of this name.</summary>
    [Id(5)] public bool OnlyCreates { get; init; }

    /// <summary>Returns the text without the secret.</summary>
    public override string ToString() => $"trigger {Name}";
}

/// <summary>The outcome of a change of a trigger. Never renumber.</summary>
public enum TriggerOutcome
{
    /// <summary>The trigger was changed.</summary>
    Changed = 0,

    /// <summary>The trigger is new.</summary>
    Created = 1,

    /// <summary>There are too many triggers.</summary>
    TooMany = 2,

    /// <summary>The definition does not exist.</summary>
    NoDefinition = 3,

    /// <summary>The trigger does not exist.</summary>
    NotFound = 4,

    /// <summary>A trigger of this name exists, and the change only creates.</summary>
    Exists = 5,
}

/// <summary>The reply to a change.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Trigger">The trigger as it is now; null if nothing was stored.</param>
/// <param name="NewSecret">The secret that the service generated; null if it generated none.</param>
[GenerateSerializer, Immutable, Alias("ot.TriggerReply")]
public sealed record TriggerReply(
    [property: Id(0)] TriggerOutcome Outcome, [property: Id(1)] TriggerView? Trigger,
    [property: Id(2)] string? NewSecret)
{
    /// <summary>Returns the text without the secret.</summary>
    public override string ToString() => $"{Outcome} {Trigger}";
}
