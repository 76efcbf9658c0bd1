using System.Text.Json.Serialization;

namespace OrleansTasks.Definitions;

/// <summary>What values a parameter takes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ParameterType>))]
public enum ParameterType : byte
{
    /// <summary>Any text without NUL.</summary>
    [JsonStringEnumMemberName("text")]
    Text,

    /// <summary>A number as JSON writes it.</summary>
    [JsonStringEnumMemberName("number")]
    Number,

    /// <summary>A whole number of 64 bits.</summary>
    [JsonStringEnumMemberName("integer")]
    Integer,

    /// <summary>True or false.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean,

    /// <summary>One of the choices.</summary>
    [JsonStringEnumMemberName("choice")]
    Choice,

    /// <summary>A day, such as <c>2026-11-26</c>.</summary>
    [JsonStringEnumMemberName("date")]
    Date,

    /// <summary>A time of day, such as <c>09:30</c> or <c>09:30:15</c>.</summary>
    [JsonStringEnumMemberName("time")]
    Time,

    /// <summary>The name of a stored file, <c>sha256:</c> and 64 hexadecimal digits.</summary>
    [JsonStringEnumMemberName("file")]
    File,
}
