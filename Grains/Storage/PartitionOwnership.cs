namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITaskStore.TakeEpoch"/>: whether the caller owns the partition now, and where the partition
/// stands. An owner puts <paramref name="Epoch"/> and <paramref name="Sequence"/> into its first commit. A caller that
/// does not know whether its last commit landed compares that commit's sequence with <paramref name="Sequence"/>.
/// </summary>
/// <param name="Taken">
/// Whether the caller owns the partition. False when the stored epoch was not the expected one, or the partition was
/// not stored; nothing was changed then, and the other values are those of the present owner.
/// </param>
/// <param name="Partition">
/// The partition's number in the store, from 1. 0, like all other values, when the partition was neither taken nor
/// stored.
/// </param>
/// <param name="Epoch">The stored epoch: the caller's own when taken.</param>
/// <param name="Sequence">The sequence of the last commit; 0 when there was none.</param>
/// <param name="LastNo">The <see cref="PartitionCommit.LastNo"/> of the last commit; 0 when there was none.</param>
public sealed record PartitionOwnership(bool Taken, int Partition, long Epoch, long Sequence, long LastNo);
