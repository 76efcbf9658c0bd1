using OrleansTasks.Tasks;

namespace OrleansTasks.Definitions;

/// <summary>A stored version of a definition.</summary>
/// <param name="Name">The definition's name.</param>
/// <param name="Version">The version, from 1.</param>
/// <param name="Kind">What it starts.</param>
/// <param name="Body">The body as stored, as JSON in UTF-8; empty in a history.</param>
/// <param name="At">When the version was stored, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.DefinitionView")]
public sealed record DefinitionView(
    [property: Id(0)] string Name,
    [property: Id(1)] long Version,
    [property: Id(2)] DefinitionKind Kind,
    [property: Id(3)] ReadOnlyMemory<byte> Body,
    [property: Id(4)] long At)
{
    /// <summary>The key of the call that stored it; null if it had none.</summary>
    [Id(5)] public string? Key { get; init; }

    /// <summary>The name of that key.</summary>
    [Id(6)] public string? KeyName { get; init; }

    /// <summary>Who the caller claimed to be.</summary>
    [Id(7)] public string? Says { get; init; }

    /// <summary>The caller's reason.</summary>
    [Id(8)] public string? Reason { get; init; }
}

/// <summary>A change of a definition.</summary>
/// <param name="Name">The definition's name.</param>
/// <param name="Kind">What it starts.</param>
/// <param name="Body">The body to store, as JSON in UTF-8.</param>
/// <param name="Version">
/// The version that the change replaces; 0 if the definition must not exist, null for whichever it is.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.DefinitionChange")]
public sealed record DefinitionChange(
    [property: Id(0)] string Name,
    [property: Id(1)] DefinitionKind Kind,
    [property: Id(2)] ReadOnlyMemory<byte> Body,
    [property: Id(3)] long? Version);

/// <summary>The outcome of a change of a definition. Never renumber.</summary>
public enum DefinitionOutcome
{
    /// <summary>The body is stored as a new version.</summary>
    Changed = 0,

    /// <summary>The definition is new.</summary>
    Created = 1,

    /// <summary>The latest version has this body already.</summary>
    Unchanged = 2,

    /// <summary>The latest version is not the one that the change replaces.</summary>
    Conflict = 3,

    /// <summary>There are too many definitions.</summary>
    TooMany = 4,

    /// <summary>The definition has too many versions.</summary>
    TooManyVersions = 5,
}

/// <summary>The reply to a change.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Latest">The latest version now; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("ot.DefinitionReply")]
public sealed record DefinitionReply([property: Id(0)] DefinitionOutcome Outcome, [property: Id(1)] DefinitionView? Latest);

/// <summary>A run of a definition.</summary>
/// <param name="Id">The id of the task, job, workflow or rollout that it started.</param>
/// <param name="Kind">What it started.</param>
/// <param name="Name">The definition's name.</param>
/// <param name="Version">The definition's version.</param>
/// <param name="At">When, in Unix milliseconds.</param>
/// <param name="Parameters">
/// The values that were given, as a JSON object in UTF-8, without those of secret parameters.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.DefinitionRun")]
public sealed record DefinitionRun(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] DefinitionKind Kind,
    [property: Id(2)] string Name,
    [property: Id(3)] long Version,
    [property: Id(4)] long At,
    [property: Id(5)] ReadOnlyMemory<byte> Parameters)
{
    /// <summary>The number of the run among those of its definition, from 1; 0 until it is stored.</summary>
    [Id(6)] public long No { get; init; }

    /// <summary>The key that started it; null if the call had none.</summary>
    [Id(7)] public string? Key { get; init; }

    /// <summary>The name of that key.</summary>
    [Id(8)] public string? KeyName { get; init; }

    /// <summary>Who the caller claimed to be.</summary>
    [Id(9)] public string? Says { get; init; }

    /// <summary>The hash of the call's idempotency key; empty without one.</summary>
    [Id(10)] public ReadOnlyMemory<byte> IdempotencyKey { get; init; }

    /// <summary>The hash of the call's body; empty without an idempotency key.</summary>
    [Id(11)] public ReadOnlyMemory<byte> BodyHash { get; init; }

    /// <summary>Whether a run with an idempotency key is known to have started.</summary>
    [Id(12)] public bool IsStarted { get; init; }
}
