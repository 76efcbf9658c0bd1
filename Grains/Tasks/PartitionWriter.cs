using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// Writes a partition's commits in their sequence under its epoch, one at a time, and finds out what became of one whose outcome is
/// unknown. After a verdict with a culprit or a cause the writer must not be used again.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="partition">The partition.</param>
/// <param name="ownership">What the store gave with the epoch.</param>
/// <param name="ownedAt">The timestamp at which the epoch was asked for.</param>
/// <param name="instruments">Count commits.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets unknown outcomes.</param>
internal sealed class PartitionWriter(
    ITaskStore store,
    PartitionKey partition,
    PartitionOwnership ownership,
    long ownedAt,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>How long to ask for an unknown outcome. Callers wait meanwhile.</summary>
    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(8);

    // When the latest proof of the ownership was asked for: the epoch, or a commit that landed.
    private long provenAt = ownedAt;

    /// <summary>The partition's number in the store.</summary>
    public int Number => ownership.Partition;

    public long Epoch => ownership.Epoch;

    /// <summary>The sequence of the last commit that is known to be on disk.</summary>
    public long Sequence { get; private set; } = ownership.Sequence;

    /// <summary>Whether the ownership was proven less than a time ago. A writer that was replaced and does not know it cannot prove it.</summary>
    public bool IsProven(TimeSpan within) => time.GetElapsedTime(provenAt) <= within;

    /// <summary>Writes a draft durably. Does not throw when the store fails.</summary>
    /// <param name="draft">What was decided; not empty.</param>
    /// <param name="lastNo">The core's <see cref="DispatchCore.LastNo"/>.</param>
    /// <param name="now">The time of the commit, in Unix milliseconds.</param>
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
                provenAt = started;
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

    /// <summary>Nothing is on disk, and this activation ends.</summary>
    private static CommitVerdict Gone(string why) => new(false, Cause: new StoreUnavailableException(why));

    /// <summary>
    /// Finds out whether a commit landed: taking the next epoch waits until the commit is decided, and the sequence then tells. That
    /// replaces this activation's epoch, so the activation ends in any case. If another activation has the epoch already, the sequence
    /// tells nothing, and the outcome stays unknown.
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
                logger.OutcomeNotAsked(partition, exception);
                await Task.Delay(pause, time);
                pause = 2 * pause;
            }
        }

        return new CommitVerdict(false, Cause: new OutcomeUnknownException());
    }
}
