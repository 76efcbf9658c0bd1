using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Definitions;

/// <summary>What a definition starts. Stored as numbers: never renumber.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DefinitionKind>))]
public enum DefinitionKind : byte
{
    /// <summary>A task.</summary>
    [JsonStringEnumMemberName("task")]
    Task = 0,

    /// <summary>A data job.</summary>
    [JsonStringEnumMemberName("job")]
    Job = 1,

    /// <summary>A workflow.</summary>
    [JsonStringEnumMemberName("workflow")]
    Workflow = 2,

    /// <summary>A rollout.</summary>
    [JsonStringEnumMemberName("rollout")]
    Rollout = 3,
}

/// <summary>The names of kinds in the HTTP contract.</summary>
public static class DefinitionKinds
{
    /// <summary>All names, in the order of the enumeration.</summary>
    public static ImmutableArray<string> Names { get; } = [.. EnumNames.Of<DefinitionKind>()];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this DefinitionKind kind) => Names[(int)kind];
}
