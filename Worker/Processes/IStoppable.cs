namespace OrleansTasks.Worker.Processes;

/// <summary>Something that runs for an attempt and can be stopped.</summary>
public interface IStoppable
{
    /// <summary>
    /// Sends SIGTERM to the whole tree, and SIGKILL after a grace period. Repeated calls can only bring the end
    /// forward.
    /// </summary>
    /// <param name="killGrace">The time until SIGKILL; zero for at once.</param>
    void Cancel(TimeSpan killGrace);

    /// <summary>Kills the whole tree at once with SIGKILL, for example because its lease is lost.</summary>
    void KillNow();
}
