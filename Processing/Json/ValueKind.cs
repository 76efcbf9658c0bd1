namespace OrleansTasks.Processing.Json;

/// <summary>The kind of a <see cref="Value"/>, in the order in which values of different kinds are sorted.</summary>
internal enum ValueKind : byte
{
    Null,
    False,
    True,
    Integer,
    Big,
    Double,
    Text,
    Json,

    /// <summary>An integer with too many digits to compute with; no aggregate takes it.</summary>
    Overlong,
}
