namespace OrleansTasks.Engine.Embedded;

/// <summary>What a grain method returns.</summary>
internal enum ReturnKind
{
    /// <summary>Nothing: an observer's method, always one-way.</summary>
    Void,

    /// <summary>Task, with or without a result.</summary>
    Task,

    /// <summary>ValueTask without a result.</summary>
    ValueTask,

    /// <summary>ValueTask with a result.</summary>
    ValueTaskOfResult,
}
