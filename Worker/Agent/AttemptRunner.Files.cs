using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Fetches inputs before a command starts, and stores artifacts when its tree is dead. Both hold the attempt's slot.</summary>
/// <remarks>
/// <code>
/// fetching ──all there──► the command runs ──► storing ──► over     fetching, storing: Attempt.Process is a FileTransfer
///    └──stopped, failed──► over                   └──stopped, failed──► over
/// </code>
/// </remarks>
internal sealed partial class AttemptRunner
{
    private readonly FileTransfers? transfers;

    // Read under the gate.
    private bool IsStoringAny => transfers is not null && state.Held.All.Any(
        static attempt => attempt is { Phase: AttemptPhase.Running, Process: FileTransfer { IsStoring: true } });

    private void StopFetching()
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

    [SuppressMessage("Design", "CA1031", Justification = "As of a process.")]
    private Attempt? LaunchWithFiles(Attempt attempt, Start start)
    {
        try
        {
            if (transfers is null)
                throw new NotSupportedException("This worker takes no commands with files.");
            if (start.Cwd.Length > 0)
                throw new NotSupportedException("A command with files has no working folder of its own choice.");
            if (start.Files.Inputs.Count == 0 && transfers.IsReady)
                return LaunchProcess(attempt, start, transfers.WithoutInputs(start));
        }
        catch (Exception refusal)
        {
            return CannotStart(attempt, refusal);
        }

        var transfer = Begin(attempt, isStoring: false);
        Started?.Invoke(attempt);
        Elsewhere.Begin(() => PrepareAsync(attempt, start, transfer));
        return null;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, it fails this attempt alone.")]
    private async Task PrepareAsync(Attempt attempt, Start start, FileTransfer transfer)
    {
        var began = state.Time.GetUtcNow();
        AttemptFiles? files = null;
        var fault = "";
        try
        {
            files = await transfers!.PrepareAsync(start, transfer.Stopped);
        }
        catch (Exception failure)
        {
            fault = $"The inputs cannot be had: {failure.Message}.";
        }

        if (files is not null && !transfer.Stopped.IsCancellationRequested)
        {
            Launch(LaunchProcess(attempt, start, files));
            return;
        }

        files?.Dispose();
        EndUnbegun(attempt, new()
        {
            Reason = transfer.Stopped.IsCancellationRequested ? ReasonOfStop(attempt) : ProcessEndReason.FileUnavailable,
            Message = transfer.Stopped.IsCancellationRequested ? null : fault,
            StartedAt = began,
            EndedAt = state.Time.GetUtcNow(),
        });
    }

    /// <summary>Ends an attempt whose command has not been started.</summary>
    private void EndUnbegun(Attempt attempt, ProcessOutcome outcome)
    {
        var next = TreeDied(attempt);
        if (Judge(attempt, hadBegun: false, output: null, outcome).Result is { } result)
            End(attempt, result);
        else
            PutBack(attempt, host.IsEnding);
        Launch(next);
    }

    private void BeginStoring(
        Attempt attempt, IRunningProcess process, OutputBuffer output, ProcessOutcome outcome, CollectedArtifacts artifacts)
    {
        var transfer = Begin(attempt, isStoring: true);
        Elsewhere.Begin(() => StoreAsync(attempt, process, output, outcome, artifacts, transfer));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, it fails this attempt alone.")]
    private async Task StoreAsync(
        Attempt attempt, IRunningProcess process, OutputBuffer output, ProcessOutcome outcome, CollectedArtifacts artifacts, FileTransfer transfer)
    {
        try
        {
            await transfers!.StoreAsync(attempt.Lease, artifacts, transfer.Stopped);
        }
        catch (Exception failure)
        {
            outcome = transfer.Stopped.IsCancellationRequested
                ? outcome with { Artifacts = null, Reason = ReasonOfStop(attempt) }
                : Unstored(outcome, $"The artifacts cannot be stored: {failure.Message}.");
        }

        artifacts.Dispose();
        Conclude(attempt, process, output, outcome);
    }

    // A command that failed keeps its reason.
    private static ProcessOutcome Unstored(ProcessOutcome outcome, string message) => outcome with
    {
        Artifacts = null,
        Reason = outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 } ? ProcessEndReason.FileUnavailable : outcome.Reason,
        Message = outcome.Message is { } own ? $"{own}\n{message}" : message,
    };

    /// <summary>Makes a transfer what is stopped with the attempt. It is stopped at once if that has been asked for.</summary>
    private FileTransfer Begin(Attempt attempt, bool isStoring)
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

    private ProcessEndReason ReasonOfStop(Attempt attempt)
    {
        lock (state.Gate)
            return attempt.Cause == StopCause.None ? ProcessEndReason.Cancelled : ProcessEndReason.Killed;
    }

    private AttemptFiles? FilesToCollect(Start start) => start.Files is null ? null : transfers?.WithoutInputs(start);
}
