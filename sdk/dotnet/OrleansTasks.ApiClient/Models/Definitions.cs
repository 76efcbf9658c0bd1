using System.Text.Json;

namespace OrleansTasks.ApiClient;

/// <summary>What a run of a definition asks for.</summary>
public sealed record DefinitionRunSpec
{
    /// <summary>The values by the parameters' names; the service reads numbers and Booleans from their texts.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>The version to run; null for the latest.</summary>
    public long? Version { get; init; }

    /// <summary>Labels in addition to those of the definition.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The earliest start, of a task only.</summary>
    public DateTimeOffset? RunAt { get; init; }
}

/// <summary>What a run of a definition started.</summary>
public sealed record StartedRun
{
    /// <summary>What was started: task, job, workflow or rollout.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Its id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The definition's name.</summary>
    public string Definition { get; init; } = "";

    /// <summary>The definition's version.</summary>
    public long Version { get; init; }
}

/// <summary>A recorded run of a definition.</summary>
public sealed record DefinitionRunDetails
{
    /// <summary>What was started: task, job, workflow or rollout.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Its id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The definition's name.</summary>
    public string Definition { get; init; } = "";

    /// <summary>The definition's version.</summary>
    public long Version { get; init; }

    /// <summary>The state of what was started; null if it is gone, or was not started.</summary>
    public string? State { get; init; }

    /// <summary>When the run was asked for.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Who asked for it; null if unknown.</summary>
    public Actor? StartedBy { get; init; }

    /// <summary>The values that were given, as JSON, without those of secret parameters.</summary>
    public JsonElement Parameters { get; init; }
}

/// <summary>A version of a definition.</summary>
public sealed record DefinitionVersion
{
    /// <summary>The definition's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The version; the first is 1.</summary>
    public long Version { get; init; }
}

/// <summary>A definition, without what it starts.</summary>
public sealed record DefinitionDetails
{
    /// <summary>The name, which may have slashes.</summary>
    public string Name { get; init; } = "";

    /// <summary>The version; the first is 1.</summary>
    public long Version { get; init; }

    /// <summary>What a run starts: task, job, workflow or rollout.</summary>
    public string Kind { get; init; } = "";

    /// <summary>What the definition is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// The choices that definitions printed for the parameters whose <c>choicesFrom</c> names them; null if the call
    /// did not ask for them.
    /// </summary>
    public IReadOnlyList<PrintedChoices>? Choices { get; init; }
}

/// <summary>The lines that the latest successful task of a definition printed, as choices of parameters.</summary>
public sealed record PrintedChoices
{
    /// <summary>The definition that a parameter names in <c>choicesFrom</c>.</summary>
    public string Definition { get; init; } = "";

    /// <summary>The choices, each once, in the order in which they were printed.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The task that printed them; null if none has succeeded, and for keys without the scope read.</summary>
    public string? Task { get; init; }

    /// <summary>When that task ended; null if none has succeeded.</summary>
    public DateTimeOffset? PrintedAt { get; init; }

    /// <summary>Whether more was printed than is read, or than there may be choices.</summary>
    public bool Truncated { get; init; }

    /// <summary>How many lines are no choices: too long, not UTF-8, or with a NUL character.</summary>
    public int LeftOut { get; init; }

    /// <summary>Why there are no choices, and what to do; null if there are some.</summary>
    public string? Problem { get; init; }
}
