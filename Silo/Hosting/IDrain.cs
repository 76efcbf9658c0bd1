namespace OrleansTasks.Silo.Hosting;

/// <summary>A part of the service that must finish before the service stops.</summary>
internal interface IDrain
{
    /// <summary>
    /// Takes no new work, and completes when nothing runs any more, at most slightly after the drain time.
    /// </summary>
    Task Drain();
}
