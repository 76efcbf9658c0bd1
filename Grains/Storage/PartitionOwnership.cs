namespace OrleansTasks.Storage;

/// <summary>What taking a partition over gave.</summary>
/// <param name="Taken">False when another epoch than the expected one was found; then nothing was changed.</param>
/// <param name="Partition">The partition's number in the store, from 1; 0, with all else 0, when it is not taken and has no row.</param>
/// <param name="Epoch">The epoch that is stored now: the caller's own, when taken.</param>
/// <param name="Sequence">The sequence of the last commit; 0 when there was none.</param>
/// <param name="LastNo">The <see cref="PartitionCommit.LastNo"/> of the last commit; 0 when there was none.</param>
public sealed record PartitionOwnership(bool Taken, int Partition, long Epoch, long Sequence, long LastNo);
