using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Store;

/// <summary>One write that reached the disk: a commit, or a taking over.</summary>
internal readonly record struct JournalEntry(PartitionCommit? Commit, PartitionKey Partition, long? Expected, bool IsTorn);
