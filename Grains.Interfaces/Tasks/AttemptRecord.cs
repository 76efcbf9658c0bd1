namespace OrleansTasks.Tasks;

/// <summary>One attempt of a task. Times are in Unix milliseconds. A null value is unknown or not reached.</summary>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Node">The attempt's node.</param>
/// <param name="State">Assigned or running, or how the attempt ended.</param>
/// <param name="Reason">Why the attempt ended.</param>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Signal">The name of the signal that ended the attempt.</param>
/// <param name="StartedAt">When the attempt started.</param>
/// <param name="EndedAt">When the attempt ended.</param>
/// <param name="MaxRssBytes">Peak memory in bytes; null if the worker does not know it.</param>
/// <param name="CpuTime">Processor time in microseconds; null if not reported.</param>
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
