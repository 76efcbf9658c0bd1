using System.Text.Json.Serialization;

namespace OrleansTasks.Workflows;

/// <summary>Where a node with <c>forEach</c> finds its items. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ItemsFrom>))]
public enum ItemsFrom : byte
{
    /// <summary>The elements of an array in the other node's result.</summary>
    [JsonStringEnumMemberName("result")]
    Result = 0,

    /// <summary>The lines of the kept standard output of the other node's task.</summary>
    [JsonStringEnumMemberName("stdout")]
    Stdout = 1,

    /// <summary>The paths of the other node's artifacts that match a pattern; each item's task gets its file.</summary>
    [JsonStringEnumMemberName("artifacts")]
    Artifacts = 2,
}
