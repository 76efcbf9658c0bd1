namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    private PausedReading? paused;

    /// <inheritdoc/>
    public void ResumeOutput()
    {
        if (Interlocked.Exchange(ref paused, null) is { } reading) reading.Loop.Resume(reading.Tag);
    }

    /// <summary>Records that the loop does not read this command until it is resumed.</summary>
    internal void Pause(SpawnLoop loop, ulong tag) => Interlocked.Exchange(ref paused, new(loop, tag));

    /// <summary>Discards the pause of a command that has ended.</summary>
    internal void EndPause() => Interlocked.Exchange(ref paused, null);

    private sealed record PausedReading(SpawnLoop Loop, ulong Tag);
}
