using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Fetches inputs and images before a command starts, and stores artifacts when its tree is dead. Until then, a
/// <see cref="FileTransfer"/> is the attempt's process, and the attempt holds its slot.
/// </summary>
/// <remarks>
/// <code>
/// fetching ──all there──► the command runs ──► storing ──► over
///    └──stopped, failed──► over                   └──stopped, failed──► over
/// </code>
/// </remarks>
/// <param name="state">The agent's state.</param>
/// <param name="host">Fetches the images.</param>
/// <param name="work">The worker's cache and copies; null if the worker takes no files.</param>
internal sealed class AttemptTransfers(AgentState state, IProcessHost host, FileWork? work)
{
    private readonly FileTransfers? files = Of(state, work, ofChunk: false);
    private readonly FileTransfers? ofChunks = Of(state, work, ofChunk: true);

    /// <summary>
    /// Returns the file that a chunk reads. Call it only if <see cref="TakesFiles"/>. The caller disposes the file.
    /// </summary>
    internal Task<SourceBytes> OpenAsync(Lease lease, FileName name, long size, bool isWhole, CancellationToken cancellation) =>
        ofChunks!.OpenAsync(lease, name, size, isWhole, cancellation);

    /// <summary>Whether artifacts are being stored. Read it under the gate.</summary>
    internal bool IsStoringAny => state.Held.All.Any(
        static attempt => attempt is { Phase: AttemptPhase.Running, Process: FileTransfer { IsStoring: true } });

    /// <summary>Whether the worker takes commands with files.</summary>
    internal bool TakesFiles => files is not null;

    /// <summary>Whether an attempt can start at once, without a transfer.</summary>
    internal bool NeedsNone(Start start) =>
        (start.Files is null || (start.Files.Inputs.Count == 0 && files!.IsReady))
        && !StartRequests.NeedsImage(start, host);

    /// <summary>Returns the files of an attempt that has no inputs left to fetch; null if it has no files.</summary>
    internal AttemptFiles? WithoutInputs(Start start) => start.Files is null ? null : files?.WithoutInputs(start);

    /// <summary>
    /// Begins a transfer. Stopping the attempt stops the transfer, at once if the attempt is already being stopped.
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

    /// <summary>Stops the attempts whose inputs or image are being fetched.</summary>
    internal void StopFetching()
    {
        List<Attempt> fetching;
        lock (state.Gate)
        {
            fetching =
            [
                .. state.Held.All.Where(static attempt => attempt.Process is FileTransfer { IsStoring: false }
                    && HeldAttempts.Stop(attempt, StopCause.Shutdown)),
            ];
        }

        foreach (var attempt in fetching)
            attempt.Process?.KillNow();
    }

    /// <summary>
    /// Fetches an attempt's image and its inputs. Returns the attempt's files, if it has any, or the outcome of an
    /// attempt that cannot start.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Any failure fails this attempt alone.")]
    internal async Task<(AttemptFiles? Files, ProcessOutcome? Outcome)> PrepareAsync(
        Attempt attempt, Start start, FileTransfer transfer)
    {
        var (startedAt, began) = (state.Time.GetUtcNow(), state.Time.GetTimestamp());
        AttemptFiles? prepared = null;
        string? fault = null;
        var reason = ProcessEndReason.ImageUnavailable;
        try
        {
            if (start.Isolation?.Container is { } container)
            {
                fault = await host.PrepareImageAsync(
                    container.Image, StartRequests.PolicyOf(container), transfer.Stopped);
            }

            if (fault is null && start.Files is not null)
            {
                reason = ProcessEndReason.FileUnavailable;
                prepared = await files!.PrepareAsync(start, transfer.Stopped);
            }
        }
        catch (Exception failure)
        {
            fault = reason == ProcessEndReason.FileUnavailable
                ? $"The inputs cannot be fetched: {failure.Message}."
                : $"The image cannot be prepared: {failure.Message}.";
        }

        var isStopped = transfer.Stopped.IsCancellationRequested;
        if (fault is null && !isStopped)
            return (prepared, null);
        prepared?.Dispose();
        return (null, new ProcessOutcome
        {
            Reason = isStopped ? ReasonOfStop(attempt) : reason,
            Message = isStopped ? null : fault,
            StartedAt = startedAt,
            EndedAt = startedAt + state.Time.GetElapsedTime(began),
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
                await files!.StoreAsync(attempt.Lease, artifacts, transfer.Stopped);
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
        Reason = outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 }
            ? ProcessEndReason.FileUnavailable
            : outcome.Reason,
        Message = outcome.Message is { } own ? $"{own}\n{message}" : message,
    };

    private static FileTransfers? Of(AgentState state, FileWork? work, bool ofChunk) => work is null
        ? null
        : new(work, state.Time, state.NewBackoff, lease => new NodeFilePlane(state, lease, ofChunk));

    private ProcessEndReason ReasonOfStop(Attempt attempt)
    {
        lock (state.Gate)
            return attempt.Cause == StopCause.None ? ProcessEndReason.Cancelled : ProcessEndReason.Killed;
    }
}
