// Most of these tests wait for other processes most of the time, so four of them run at a time on two cores as well.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
