namespace OrleansTasks.Silo.Hosting;

/// <summary>Where the service is in its life.</summary>
public enum ServicePhase
{
    /// <summary>Not everything is started.</summary>
    Starting,

    /// <summary>It takes work.</summary>
    Running,

    /// <summary>It was told to end: it answers questions, but takes no work.</summary>
    Draining,
}
