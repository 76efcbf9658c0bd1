namespace OrleansTasks.Engine.Embedded;

/// <summary>Life of a silo.</summary>
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
