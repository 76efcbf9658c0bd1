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
}
