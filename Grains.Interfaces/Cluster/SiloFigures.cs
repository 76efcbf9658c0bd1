namespace OrleansTasks.Cluster;

/// <summary>What a silo has counted since it started, and how its process is. Counts only rise.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="Since">
/// When it began to count, in Unix milliseconds; another value means another start of the silo.
/// </param>
/// <param name="ProcessorTime">Processor time of its process, in microseconds.</param>
/// <param name="GcPauses">How long garbage collections have stopped its process in all, in microseconds.</param>
/// <param name="MemoryBytes">The working set of its process.</param>
/// <param name="Pending">Work items that wait for a thread of its process.</param>
/// <param name="Calls">Calls of grains, by grain interface and method.</param>
/// <param name="Queues">Tasks, by queue.</param>
/// <param name="Commits">
/// How long commits took, as counts by <see cref="DurationBuckets"/>; empty if there were none.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.SiloFigures")]
public sealed record SiloFigures(
    [property: Id(0)] string Silo,
    [property: Id(1)] long Since,
    [property: Id(2)] long ProcessorTime,
    [property: Id(3)] long GcPauses,
    [property: Id(4)] long MemoryBytes,
    [property: Id(5)] long Pending,
    [property: Id(6)] ImmutableArray<CallFigure> Calls,
    [property: Id(7)] ImmutableArray<QueueFigure> Queues,
    [property: Id(8)] ImmutableArray<long> Commits);
