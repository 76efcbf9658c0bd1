using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Writes the commits of one dispatcher to the store, one at a time. Every commit carries the queue's epoch and the
/// sequence number of the previous commit, so the store refuses commits of a replaced owner. If the store does not know
/// whether a commit landed, the writer keeps asking for about 8 s.
/// </summary>
/// <remarks>
/// A writer serves one epoch. After a <see cref="CommitVerdict"/> with a culprit or a cause it must not be used again:
/// the dispatcher takes a new epoch and creates a new writer, or ends. <c>ownedAt</c> is a timestamp of <c>time</c>
/// from before the epoch was requested. <c>storeIsAway</c> is called when the store does not answer a question about
/// an unknown outcome.
/// </remarks>
internal sealed class QueueWriter(
    ITaskStore store,
    string queue,
    QueueOwnership ownership,
    long ownedAt,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger logger,
    Action? storeIsAway = null)
{
    /// <summary>
    /// How long to ask about an unknown outcome while the whole queue waits. No question starts after this time, but
    /// one that has started is awaited.
    /// </summary>
    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(8);

    // When the latest proof of ownership (the epoch, a commit that landed or an answer to Prove) was requested. Not
    // when it arrived: another activation may have taken the queue over in between.
    private long provenAt = ownedAt;

    private Task<bool> proving = Task.FromResult(true);

    public int Number => ownership.QueueNo;

    public long Epoch => ownership.Epoch;

    /// <summary>
    /// The sequence number of the last confirmed commit. A commit with an unknown outcome never counts.
    /// </summary>
    public long Sequence { get; private set; } = ownership.Sequence;

    /// <summary>
    /// Returns whether the latest proof is at most this old. A replaced dispatcher gets no new proof.
    /// </summary>
    public bool IsProven(TimeSpan within) => time.GetElapsedTime(provenAt) <= within;

    /// <summary>
    /// Asks the store whether this epoch is still current, or joins a question already under way. Returns false only if
    /// the epoch is not current. Returns true, without a new proof, if the store does not answer.
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
            // Nothing is known, so the last proof counts until it expires.
        }

        return true;
    }

    /// <summary>
    /// Writes a draft that is not empty, in one commit. Returns a store failure as a verdict instead of throwing. Must
    /// not be called again before it completes.
    /// </summary>
    public async Task<CommitVerdict> Write(CommitDraft draft, long lastNo, long now)
    {
        var started = time.GetTimestamp();
        var commit = new QueueCommit(Number, Epoch, Sequence, lastNo, now, draft.Writes, draft.Idempotency, draft.Events)
        {
            Jobs = draft.Jobs,
            FileUses = draft.FileUses,
            Chunks = draft.Chunks,
            StartsFrom = draft.StartsFrom,
            IsRetired = draft.IsRetired,
            Schedules = draft.ChangesSchedules ? draft.Schedules.ToCommit() : null,
            Resources = draft.Resources,
            Audit = draft.Audit,
            Undo = draft.Undo,
            Workflows = draft.ChangesWorkflows ? draft.Workflows.ToCommit() : null,
            Rollouts = draft.ChangesRollouts ? draft.Rollouts.ToCommit() : null,
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
                return new CommitVerdict(
                    false, Cause: new StoreUnavailableException(result.Detail ?? "The store refused the write."));
            default:
                return await Resolve(result.Detail);
        }
    }

    private void Trace(CommitDraft draft, TimeSpan took)
    {
        var ended = time.GetUtcNow();
        var rows = draft.Writes.ToDictionary(static write => write.Row.Id, static write => write.Row);
        foreach (var entry in draft.Events)
        {
            if (entry.IsJob)
                continue;
            // The row describes the latest attempt; an earlier one in the round may have had another node.
            var node = rows.TryGetValue(entry.Task, out var row) && row.Attempt == entry.Attempt ? row.Node : null;
            TaskTraces.Record(
                $"commit {entry.State.Name()}", ActivityKind.Internal, entry.Task, queue, ended - took, ended, entry.Attempt, node);
        }
    }

    // The store answers again, and the next activation with it.
    private static StoreUnavailableException Gone(string why) => new(why) { IsOwnerReplaced = true };

    /// <summary>
    /// Finds out whether the last commit landed by taking the next epoch. The store answers only once the commit is
    /// decided, and the stored sequence shows whether it landed. Taking the epoch voids that of the activation, which
    /// therefore ends in any case. The outcome stays unknown if the store does not answer in time, or if this epoch is
    /// no longer the stored one: another owner may have committed since, so the sequence proves nothing. (It is also
    /// unknown if an earlier question here took the epoch and its answer was lost.)
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
                    ? new CommitVerdict(true, Cause: Gone("The store failed temporarily."))
                    : new CommitVerdict(false, Cause: Gone(detail ?? "The store failed; nothing was written."));
            }
            catch (Exception exception)
            {
                logger.OutcomeNotAsked(queue, exception);
                storeIsAway?.Invoke();
                await Task.Delay(pause, time);
                pause = 2 * pause;
            }
        }

        return new CommitVerdict(false, Cause: new OutcomeUnknownException());
    }
}

/// <summary>The outcome of a commit (<see cref="QueueWriter.Write"/>) for its callers and the activation.</summary>
/// <remarks>
/// <code>
/// Landed                 the callers get their replies; the activation continues
/// Landed, Cause          the callers get their replies; then the activation ends, because the writer gave up its epoch
///                        to learn that the commit landed
/// not Landed, Culprit    nothing is on disk; the activation reads the queue again and repeats each operation in a
///                        commit of its own; an operation whose commit is refused fails; if the commit had no
///                        operations, only work that came due, the activation ends
/// not Landed, Cause      the callers get an exception made from Cause; the activation ends
/// </code>
/// When an activation ends, every operation waiting in it fails, and the next call starts a new activation, which reads
/// the store. <paramref name="Culprit"/> explains to operators why the store can never accept the commit. If
/// <paramref name="Landed"/> is false, a <paramref name="Cause"/> of type
/// <see cref="OrleansTasks.Storage.OutcomeUnknownException"/> means that the commit may be on disk; any other cause
/// means that nothing was written.
/// </remarks>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
