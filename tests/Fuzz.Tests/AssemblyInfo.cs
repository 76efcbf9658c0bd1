// Each surface measures its own processes, so no two surfaces run at once.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
