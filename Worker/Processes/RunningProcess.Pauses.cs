namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    private PausedReading? paused;

    /// <inheritdoc/>
    public void ResumeOutput()
    {
        if (Interlocked.Exchange(ref paused, null) is { } reading) reading.Loop.Resume(reading.Tag);
    }

    /// <summary>Its loop does not read it until it is resumed.</summary>
    internal void Pause(SpawnLoop loop, ulong tag) => Interlocked.Exchange(ref paused, new(loop, tag));

    /// <summary>It has ended: nothing is left to resume.</summary>
    internal void EndPause() => Interlocked.Exchange(ref paused, null);

    private sealed record PausedReading(SpawnLoop Loop, ulong Tag);
}
