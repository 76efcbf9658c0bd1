namespace OrleansTasks.Simulation.Engine;

/// <summary>Life of a silo. It only moves on.</summary>
internal enum SiloState
{
    /// <summary>Takes no calls yet.</summary>
    Created,

    /// <summary>Takes calls.</summary>
    Running,

    /// <summary>Takes calls of grains only, until all have ended.</summary>
    Stopping,

    /// <summary>Takes none any more.</summary>
    Stopped,
}
