namespace OrleansTasks.Tasks;

/// <summary>One attempt of a task. Times are Unix milliseconds.</summary>
/// <param name="Attempt">Its number, from 1.</param>
/// <param name="Node">Its node.</param>
/// <param name="State">Assigned, running, or how it ended.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Signal">The signal that ended it.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="MaxRssBytes">Peak memory; null when the worker does not know it.</param>
/// <param name="CpuTime">Microseconds; null when not reported.</param>
[GenerateSerializer, Immutable, Alias("ot.AttemptRecord")]
public sealed record AttemptRecord(
    [property: Id(0)] int Attempt,
    [property: Id(1)] string? Node,
    [property: Id(2)] TaskState State,
    [property: Id(3)] EndReason Reason,
    [property: Id(4)] int? ExitCode,
    [property: Id(5)] string? Signal,
    [property: Id(6)] long? StartedAt,
    [property: Id(7)] long? EndedAt,
    [property: Id(8)] long? MaxRssBytes,
    [property: Id(9)] long? CpuTime);
