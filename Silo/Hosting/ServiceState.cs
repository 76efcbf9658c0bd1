namespace OrleansTasks.Silo.Hosting;

/// <summary>Where the service is in its life; phases follow one another and none comes back.</summary>
public sealed class ServiceState
{
    private int phase;

    /// <summary>The phase now.</summary>
    public ServicePhase Phase => (ServicePhase)Volatile.Read(ref phase);

    /// <summary>Everything is started. No effect once the service was told to end.</summary>
    public void Started() =>
        Interlocked.CompareExchange(ref phase, (int)ServicePhase.Running, (int)ServicePhase.Starting);

    /// <summary>The service was told to end; false when it had been told before.</summary>
    public bool Drain() =>
        Interlocked.Exchange(ref phase, (int)ServicePhase.Draining) != (int)ServicePhase.Draining;
}
