using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Fetches inputs before a command starts, and stores artifacts when its tree is dead. Meanwhile a
/// <see cref="FileTransfer"/> is the attempt's process, and the attempt holds its slot.
/// </summary>
/// <remarks>
/// <code>
/// fetching ──all there──► the command runs ──► storing ──► over
///    └──stopped, failed──► over                   └──stopped, failed──► over
/// </code>
/// </remarks>
/// <param name="state">The agent's state.</param>
/// <param name="work">The worker's cache and copies.</param>
internal sealed class AttemptTransfers(AgentState state, FileWork work)
{
    private readonly FileTransfers files = new(work, state.Time, state.NewBackoff, lease => new NodeFilePlane(state, lease));

    private readonly FileTransfers ofChunks =
        new(work, state.Time, state.NewBackoff, lease => new NodeFilePlane(state, lease, ofChunk: true));

    /// <summary>Fetches the file that a chunk reads. The caller lets go of it.</summary>
    internal Task<CachedFile> TakeAsync(Lease lease, FileName name, long size, CancellationToken cancellation) =>
        ofChunks.TakeAsync(lease, name, size, cancellation);

    /// <summary>Whether artifacts are being stored. Read it under the gate.</summary>
    internal bool IsStoringAny => state.Held.All.Any(
        static attempt => attempt is { Phase: AttemptPhase.Running, Process: FileTransfer { IsStoring: true } });

    /// <summary>Whether an attempt can start at once, without a transfer.</summary>
    internal bool NeedsNone(Start start) => start.Files.Inputs.Count == 0 && files.IsReady;

    /// <inheritdoc cref="FileTransfers.WithoutInputs"/>
    internal AttemptFiles WithoutInputs(Start start) => files.WithoutInputs(start);

    /// <summary>
    /// Begins a transfer, which is stopped with the attempt: at once if the attempt's stop has been asked for.
    /// </summary>
    internal FileTransfer Begin(Attempt attempt, bool isStoring)
    {
        var transfer = new FileTransfer(isStoring);
        bool isStopped;
        lock (state.Gate)
        {
            attempt.Process = transfer;
            isStopped = attempt.CancelWanted || attempt.Cause != StopCause.None;
        }

        if (isStopped)
            transfer.KillNow();
        return transfer;
    }

    /// <summary>Stops the attempts whose inputs are being fetched.</summary>
    internal void StopFetching()
    {
        List<Attempt> fetching;
        lock (state.Gate)
        {
            fetching = [.. state.Held.All.Where(static attempt =>
                attempt.Process is FileTransfer { IsStoring: false } && HeldAttempts.Stop(attempt, StopCause.Shutdown))];
        }

        foreach (var attempt in fetching)
            attempt.Process?.KillNow();
    }

    /// <summary>
    /// Fetches an attempt's inputs. Returns its files, or the outcome of an attempt that cannot start.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Any failure fails this attempt alone.")]
    internal async Task<(AttemptFiles? Files, ProcessOutcome? Outcome)> PrepareAsync(
        Attempt attempt, Start start, FileTransfer transfer)
    {
        var began = state.Time.GetUtcNow();
        AttemptFiles? prepared = null;
        var fault = "";
        try
        {
            prepared = await files.PrepareAsync(start, transfer.Stopped);
        }
        catch (Exception failure)
        {
            fault = $"The inputs cannot be fetched: {failure.Message}.";
        }

        var isStopped = transfer.Stopped.IsCancellationRequested;
        if (prepared is not null && !isStopped)
            return (prepared, null);
        prepared?.Dispose();
        return (null, new ProcessOutcome
        {
            Reason = isStopped ? ReasonOfStop(attempt) : ProcessEndReason.FileUnavailable,
            Message = isStopped ? null : fault,
            StartedAt = began,
            EndedAt = state.Time.GetUtcNow(),
        });
    }

    /// <summary>Stores an attempt's artifacts, and returns the outcome of the attempt.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Any failure fails this attempt alone.")]
    internal async Task<ProcessOutcome> StoreAsync(
        Attempt attempt, ProcessOutcome outcome, CollectedArtifacts artifacts, FileTransfer transfer)
    {
        using (artifacts)
        {
            try
            {
                await files.StoreAsync(attempt.Lease, artifacts, transfer.Stopped);
                return outcome;
            }
            catch (Exception failure)
            {
                return transfer.Stopped.IsCancellationRequested
                    ? outcome with { Artifacts = null, Reason = ReasonOfStop(attempt) }
                    : Unstored(outcome, $"The artifacts cannot be stored: {failure.Message}.");
            }
        }
    }

    // A command that failed keeps its reason.
    private static ProcessOutcome Unstored(ProcessOutcome outcome, string message) => outcome with
    {
        Artifacts = null,
        Reason = outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 } ? ProcessEndReason.FileUnavailable : outcome.Reason,
        Message = outcome.Message is { } own ? $"{own}\n{message}" : message,
    };

    private ProcessEndReason ReasonOfStop(Attempt attempt)
    {
        lock (state.Gate)
            return attempt.Cause == StopCause.None ? ProcessEndReason.Cancelled : ProcessEndReason.Killed;
    }
}
