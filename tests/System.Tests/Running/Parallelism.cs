// Most of these tests wait for other processes most of the time, so six of them run at a time on two cores.
[assembly: CollectionBehavior(MaxParallelThreads = 6)]
