namespace OrleansTasks.Silo.Hosting;

/// <summary>Something that has to come to an end before the service stops.</summary>
internal interface IDrain
{
    /// <summary>Takes nothing new, and completes when nothing runs any more; within the drain time and little more.</summary>
    Task Drain();
}
