using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>One write that reached the disk: a commit, a taking over, or a part of progress.</summary>
internal readonly record struct JournalEntry(PartitionCommit? Commit, PartitionKey Partition, long? Expected, bool IsTorn, ProgressPart? Part = null);

/// <summary>A part of a job's progress.</summary>
internal sealed record ProgressPart(TaskId Job, long Version, int No, ReadOnlyMemory<byte> Bytes);
