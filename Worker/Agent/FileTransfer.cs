using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// What an attempt does while its inputs are fetched, before its command starts, or while its artifacts are stored, after the command's
/// tree is dead. A stop ends it at once.
/// </summary>
/// <param name="isStoring">Whether artifacts are stored.</param>
internal sealed class FileTransfer(bool isStoring) : IStoppable
{
    private readonly CancellationTokenSource stop = new();

    /// <summary>Whether artifacts are stored.</summary>
    internal bool IsStoring { get; } = isStoring;

    /// <summary>Cancelled when it should end.</summary>
    internal CancellationToken Stopped => stop.Token;

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => stop.Cancel();

    /// <inheritdoc/>
    public void KillNow() => stop.Cancel();
}
