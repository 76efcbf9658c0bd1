namespace OrleansTasks.Processing.Json;

/// <summary>What a <see cref="Value"/> is, in the order in which values of different kinds are sorted.</summary>
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

    /// <summary>An integer of more digits than are computed with; no aggregate takes it.</summary>
    Overlong,
}
