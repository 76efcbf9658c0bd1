using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// The files of one attempt, as its host handles them: it puts the inputs into the working folder before the command starts, and collects
/// the artifacts when the command's tree is dead.
/// </summary>
internal sealed class AttemptFiles(
    IReadOnlyList<(WorkerInput Input, CachedFile File)> inputs, IReadOnlyList<ArtifactRule> artifacts,
    long maxArtifactBytes, string copies, Action? makeRoom = null)
    : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private IReadOnlyList<(WorkerInput Input, CachedFile File)> inputs = inputs;

    /// <summary>Whether inputs are to be put into the working folder.</summary>
    internal bool HasInputs => inputs.Count > 0;

    /// <summary>Whether the attempt may leave artifacts.</summary>
    internal bool HasArtifacts => artifacts.Count > 0;

    /// <summary>Ends what is being put or collected, and what is not begun. May be called from any thread.</summary>
    internal void Stop() => stop.Cancel();

    /// <summary>Puts the inputs into the working folder. Returns why that failed; null if all are there.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal string? PutInto(string folder, RunAsUser? user)
    {
        try
        {
            return InputPlacing.Put(
                folder, user, inputs.Select(static one => (one.Input, one.File.Path)), stop.Token, makeRoom: makeRoom);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Adds the artifacts to the outcome of a command, or what is wrong with them.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal ProcessOutcome Collect(ProcessOutcome outcome, string folder, RunAsUser? user)
    {
        var hasSucceeded = outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 };
        IReadOnlyList<ArtifactRule> rules = hasSucceeded ? artifacts : [.. artifacts.Where(static rule => rule.OnEnded)];
        if (rules.Count == 0 || outcome.Reason is ProcessEndReason.Killed or ProcessEndReason.Cancelled)
            return outcome;
        if (!hasSucceeded)
            rules = [.. rules.Select(static rule => rule with { IsOptional = true })];
        var collected = Collect(folder, user, rules, out var fault);
        if (fault is null)
            return outcome with { Artifacts = collected };
        // A command that failed keeps its reason.
        return outcome with
        {
            Reason = hasSucceeded ? fault.Reason : outcome.Reason,
            Message = outcome.Message is { } message ? $"{message}\n{fault.Message}" : fault.Message,
        };
    }

    // The outcome of the command must not be lost, whatever fails here.
    [SuppressMessage("Design", "CA1031", Justification = "It fails this attempt alone.")]
    private CollectedArtifacts? Collect(string folder, RunAsUser? user, IReadOnlyList<ArtifactRule> rules, out ArtifactFault? fault)
    {
        try
        {
            return ArtifactCollector.Collect(
                folder, user, rules, new ArtifactLimits(maxArtifactBytes), copies, stop.Token, out fault,
                makeRoom: makeRoom);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            fault = new(ProcessEndReason.ArtifactMissing, $"The artifacts cannot be collected: {failure.Message}");
            return null;
        }
    }

    /// <summary>Lets go of the cached inputs.</summary>
    public void Dispose()
    {
        foreach (var (_, file) in Interlocked.Exchange(ref inputs, []))
            file.Dispose();
    }
}
