using System.Text.Json;

namespace OrleansTasks.Definitions;

/// <summary>A named thing that can be run with parameters: a task, a job, a workflow or a rollout.</summary>
/// <param name="Kind">What it starts.</param>
/// <param name="Target">The spec of what it starts, with <c>${param.name}</c> in place of values.</param>
/// <param name="Parameters">The parameters.</param>
public sealed record DefinitionSpec(DefinitionKind Kind, JsonElement Target, ImmutableArray<Parameter> Parameters)
{
    /// <summary>What it is for, for people; empty for nothing.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether assistants may see it as a tool.</summary>
    public bool IsTool { get; init; }

    /// <summary>The version that a change replaces; null to skip the check.</summary>
    public long? Version { get; init; }

    /// <summary>The definition as it is stored: the body without <c>version</c>, as JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
