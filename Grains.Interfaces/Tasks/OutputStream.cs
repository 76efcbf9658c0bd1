using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>One of the two streams that a command writes, or the marks about them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OutputStream>))]
public enum OutputStream : byte
{
    /// <summary>Standard output.</summary>
    [JsonStringEnumMemberName("stdout")]
    Stdout = 1,

    /// <summary>Standard error.</summary>
    [JsonStringEnumMemberName("stderr")]
    Stderr = 2,

    /// <summary>
    /// The arrival marks: when the bytes of both streams arrived, and in which order. Empty if the worker sent none.
    /// </summary>
    Marks = 3,
}
