namespace OrleansTasks.Cluster;

/// <summary>What a silo has counted since it started, and the condition of its process. Counts only rise.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="Since">
/// When counting began, in Unix milliseconds. A different value means that the silo restarted.
/// </param>
/// <param name="ProcessorTime">The processor time of the silo's process, in microseconds.</param>
/// <param name="GcPauses">The total time for which garbage collections paused the process, in microseconds.</param>
/// <param name="MemoryBytes">The working set of the process in bytes.</param>
/// <param name="Pending">The number of work items that wait for a thread of the process.</param>
/// <param name="Calls">The grain calls, by grain interface and method.</param>
/// <param name="Queues">The task counts, by queue.</param>
/// <param name="Commits">
/// How long commits took, as counts by <see cref="DurationBuckets"/>; empty if there were none.
/// </param>
/// <param name="Version">The version of the silo's program; null from a program that does not state it.</param>
/// <param name="WireLevel">The silo's <see cref="Cluster.WireLevel"/>; 0 from a program that does not state it.</param>
/// <param name="EarliestWireLevel">The lowest level with which the silo works; 0 from a program that does not state it.</param>
/// <param name="OwnedQueues">
/// The queues that the silo owns, the first 200 by name; null from a program that does not state them.
/// </param>
/// <param name="OwnedQueueCount">How many queues the silo owns.</param>
/// <param name="ClockStep">The last time that the silo's clock was set, if in the last day; else null.</param>
/// <param name="Refused">
/// What the silo's grains have set aside because the store refused it; null from a program that does not state it.
/// </param>
/// <param name="FileFault">Why the silo can neither store nor read files, as far as it knows; null if it can.</param>
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
    [property: Id(8)] ImmutableArray<long> Commits,
    [property: Id(9)] string? Version = null,
    [property: Id(10)] int WireLevel = 0,
    [property: Id(11)] int EarliestWireLevel = 0,
    [property: Id(12)] ImmutableArray<string>? OwnedQueues = null,
    [property: Id(13)] int OwnedQueueCount = 0,
    [property: Id(14)] ClockStep? ClockStep = null,
    [property: Id(15)] ImmutableArray<RefusedWrite>? Refused = null,
    [property: Id(16)] string? FileFault = null);
