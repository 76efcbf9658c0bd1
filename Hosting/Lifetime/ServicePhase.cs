
namespace OrleansTasks.Lifetime;

/// <summary>A phase in the life of the service.</summary>
public enum ServicePhase
{
    /// <summary>Not everything has started yet.</summary>
    Starting,

    /// <summary>The service takes work.</summary>
    Running,

    /// <summary>The service is about to end. It answers requests but takes no work.</summary>
    Draining,
}
