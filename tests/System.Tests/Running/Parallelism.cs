// Most of these tests wait for other processes most of the time, so four of them run at a time on two cores as well.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace OrleansTasks.System.Tests.Running;

/// <summary>
/// Tests that measure times or show how work is spread in time. They run alone: no other test uses the processor.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
