using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Writes the commits of one dispatcher (<see cref="TaskDispatcherGrain"/>) to the store, one at a time, and reports
/// what became of each (<see cref="CommitVerdict"/>). Every commit carries the queue's epoch (its ownership number)
/// and the sequence of the commit before, so the store refuses the commits of an owner that was replaced. When the
/// store does not know whether a commit landed, the writer asks until it knows, for about 8 s.
/// </summary>
/// <remarks>
/// The verdicts:
/// <code>
/// landed              the commit is on disk
/// culprit             the store refuses something in the commit for good; nothing is on disk
/// cause               nothing is on disk, or with OutcomeUnknownException nobody knows; the activation must end
/// landed and cause    the commit is on disk, but finding that out took this writer's epoch: the activation must end
/// </code>
/// A writer serves one epoch. After a verdict with a culprit or a cause it must not be used again: the dispatcher takes
/// a new epoch and makes a new writer, or ends.
/// </remarks>
/// <param name="store">The store.</param>
/// <param name="queue">The queue.</param>
/// <param name="ownership">What the store gave with the epoch.</param>
/// <param name="ownedAt">The timestamp of <paramref name="time"/> from before the epoch was asked for.</param>
/// <param name="instruments">Count commits by outcome, and measure how long they take.</param>
/// <param name="time">The source of timestamps and delays.</param>
/// <param name="logger">Gets unknown outcomes.</param>
internal sealed class QueueWriter(
    ITaskStore store,
    string queue,
    QueueOwnership ownership,
    long ownedAt,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>
    /// How long to go on asking for an unknown outcome. The callers of the round and the whole queue wait
    /// meanwhile. No question is begun after this time; one that has begun is waited for.
    /// </summary>
    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(8);

    // The timestamp from before the latest proof of ownership was asked for: the epoch, or a commit that landed.
    // Not when the proof came back: another activation may have taken the queue over since the store gave it.
    private long provenAt = ownedAt;

    // The latest question of Prove; complete when none is under way.
    private Task<bool> proving = Task.FromResult(true);

    /// <summary>The queue's number in the store.</summary>
    public int Number => ownership.QueueNo;

    /// <summary>The epoch under which this writer commits.</summary>
    public long Epoch => ownership.Epoch;

    /// <summary>
    /// The sequence of the last commit that <see cref="Write"/> saw on disk, or the stored one before the first.
    /// A commit that landed with an unknown outcome is not counted.
    /// </summary>
    public long Sequence { get; private set; } = ownership.Sequence;

    /// <summary>
    /// Whether the latest proof of ownership is at most <paramref name="within"/> old. A dispatcher that was replaced
    /// without knowing gets no new proof, so this becomes false for it.
    /// </summary>
    public bool IsProven(TimeSpan within) => time.GetElapsedTime(provenAt) <= within;

    /// <summary>
    /// Asks the store whether this epoch is still the queue's, unless that is being asked. True, and the ownership
    /// is proven as of the question, if so; also true, without a proof, when the store does not say.
    /// </summary>
    public Task<bool> Prove() => proving.IsCompleted ? proving = AskStore() : proving;

    private async Task<bool> AskStore()
    {
        var asked = time.GetTimestamp();
        try
        {
            if (!await store.Prove(Number, Epoch))
                return false;
            provenAt = Math.Max(provenAt, asked);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OutcomeUnknownException)
        {
            // Nothing is known, so the last proof counts for as long as it may.
        }

        return true;
    }

    /// <summary>
    /// Writes a draft durably, in one commit. Does not throw when the store fails: the verdict says so. Must not be
    /// called again before it completes.
    /// </summary>
    /// <param name="draft">What the round decided; <see cref="CommitDraft.IsEmpty"/> is false.</param>
    /// <param name="lastNo">The core's <see cref="DispatchCore.LastNo"/>.</param>
    /// <param name="now">The time of the round, in Unix milliseconds of the wall clock.</param>
    public async Task<CommitVerdict> Write(CommitDraft draft, long lastNo, long now)
    {
        var started = time.GetTimestamp();
        var commit = new QueueCommit(Number, Epoch, Sequence, lastNo, now, draft.Writes, draft.Idempotency, draft.Events)
        {
            Jobs = draft.Jobs,
            Chunks = draft.Chunks,
            StartsFrom = draft.StartsFrom,
            IsRetired = draft.IsRetired,
            Schedules = draft.ChangesSchedules ? draft.Schedules.ToCommit() : null,
            Audit = draft.Audit,
            Undo = draft.Undo,
            Workflows = draft.ChangesWorkflows ? draft.Workflows.ToCommit() : null,
        };
        var result = await store.Commit(commit);
        var took = time.GetElapsedTime(started);
        instruments.Committed(result.Outcome, draft.Writes.Count + draft.Chunks.Count, took);
        switch (result.Outcome)
        {
            case CommitOutcome.Committed:
                Sequence++;
                provenAt = Math.Max(provenAt, started);
                if (TaskTraces.IsOn)
                    Trace(draft, took);
                return new CommitVerdict(Landed: true);
            case CommitOutcome.Refused:
                return new CommitVerdict(false, Culprit: result.Detail ?? "The store refused the write.");
            case CommitOutcome.Fenced:
                return new CommitVerdict(false, Cause: DispatchFaults.Replaced());
            case CommitOutcome.Failed:
                return Gone(result.Detail ?? "The store refused the write.");
            default:
                return await Resolve(result.Detail);
        }
    }

    /// <summary>Records a span of the commit for each state that a task has entered by it.</summary>
    private void Trace(CommitDraft draft, TimeSpan took)
    {
        var ended = time.GetUtcNow();
        var rows = draft.Writes.ToDictionary(static write => write.Row.Id, static write => write.Row);
        foreach (var entry in draft.Events)
        {
            if (entry.IsJob)
                continue;
            // The row describes the latest attempt; one that was lost in the same round had another node.
            var node = rows.TryGetValue(entry.Task, out var row) && row.Attempt == entry.Attempt ? row.Node : null;
            TaskTraces.Record(
                $"commit {entry.State.Name()}", ActivityKind.Internal, entry.Task, queue, ended - took, ended, entry.Attempt, node);
        }
    }

    /// <summary>The verdict that nothing of the commit is on disk and that the activation must end.</summary>
    private static CommitVerdict Gone(string why) => new(false, Cause: new StoreUnavailableException(why));

    /// <summary>
    /// Finds out whether the last commit landed, by taking the next epoch: the store answers only when the commit is
    /// decided, and the stored sequence tells whether it is on disk. This activation's epoch is void afterwards, so the
    /// activation ends in any case. The outcome stays unknown when the store does not answer in time, and when this
    /// epoch is no longer the stored one: another owner may have committed since, so the sequence proves nothing. (The
    /// new epoch may also be that of an earlier question here, whose answer was lost.)
    /// </summary>
    private async Task<CommitVerdict> Resolve(string? detail)
    {
        logger.UnknownOutcome(queue, detail);
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        while (time.GetElapsedTime(started) < UnknownLimit)
        {
            try
            {
                var found = await store.TakeEpoch(queue, Epoch, CancellationToken.None);
                if (!found.Taken)
                    break;
                return found.Sequence == Sequence + 1
                    ? new CommitVerdict(true, Cause: new StoreUnavailableException("The store failed for a moment."))
                    : Gone(detail ?? "The store failed; nothing was written.");
            }
            catch (Exception exception)
            {
                logger.OutcomeNotAsked(queue, exception);
                await Task.Delay(pause, time);
                pause = 2 * pause;
            }
        }

        return new CommitVerdict(false, Cause: new OutcomeUnknownException());
    }
}
