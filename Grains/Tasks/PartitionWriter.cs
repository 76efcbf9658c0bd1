using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// Writes a partition's commits in their sequence under its epoch, and finds out what became of one whose outcome is
/// unknown.
/// </summary>
internal sealed class PartitionWriter(
    ITaskStore store,
    PartitionKey partition,
    PartitionOwnership ownership,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(8);

    /// <summary>The partition's number in the store.</summary>
    public int Number => ownership.Partition;

    public long Epoch => ownership.Epoch;

    /// <summary>The sequence of the last commit.</summary>
    public long Sequence { get; private set; } = ownership.Sequence;

    /// <summary>Writes a draft durably.</summary>
    public async Task<CommitVerdict> Write(CommitDraft draft, long lastNo, long now)
    {
        var started = time.GetTimestamp();
        var commit = new PartitionCommit(Number, Epoch, Sequence, lastNo, now, draft.Writes, draft.Idempotency, draft.Events)
        {
            Jobs = draft.Jobs,
            Chunks = draft.Chunks,
        };
        var result = await store.Commit(commit);
        instruments.Committed(result.Outcome, draft.Writes.Count + draft.Chunks.Count, time.GetElapsedTime(started));
        switch (result.Outcome)
        {
            case CommitOutcome.Committed:
                Sequence++;
                return new CommitVerdict(Landed: true);
            case CommitOutcome.Refused:
                return new CommitVerdict(false, Culprit: result.Detail ?? "The store refused the write.");
            case CommitOutcome.Fenced:
                return Gone("Another owner has taken this partition over.");
            case CommitOutcome.Failed:
                return Gone(result.Detail ?? "The store refused the write.");
            default:
                return await Resolve(result.Detail);
        }
    }

    private static CommitVerdict Gone(string why) => new(false, Cause: new StoreUnavailableException(why));

    /// <summary>
    /// Nobody knows whether the commit landed: taking a new epoch waits it out, and the sequence then tells. The core's
    /// epoch is fixed, so this activation ends in any case.
    /// </summary>
    private async Task<CommitVerdict> Resolve(string? detail)
    {
        logger.UnknownOutcome(partition, detail);
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        while (time.GetElapsedTime(started) < UnknownLimit)
        {
            try
            {
                var found = await store.TakeEpoch(partition, Epoch, CancellationToken.None);
                if (!found.Taken)
                    break;
                return found.Sequence == Sequence + 1
                    ? new CommitVerdict(true, Cause: new StoreUnavailableException("The store failed for a moment."))
                    : Gone(detail ?? "The store failed; nothing was written.");
            }
            catch (Exception exception)
            {
                logger.EpochNotTaken(partition, exception);
                await Task.Delay(pause, time);
                pause = 2 * pause;
            }
        }

        return new CommitVerdict(false, Cause: new OutcomeUnknownException());
    }
}
