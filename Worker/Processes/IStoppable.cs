namespace OrleansTasks.Worker.Processes;

/// <summary>Something that runs for an attempt and can be stopped.</summary>
public interface IStoppable
{
    /// <summary>
    /// Asks the whole tree to end by SIGTERM, and kills it after a while. Repeated calls can only make it sooner.
    /// </summary>
    /// <param name="killGrace">How long until SIGKILL; zero: at once.</param>
    void Cancel(TimeSpan killGrace);

    /// <summary>Kills the whole tree at once with SIGKILL; for a lease that is lost.</summary>
    void KillNow();
}
