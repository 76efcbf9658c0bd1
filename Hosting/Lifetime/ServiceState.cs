
namespace OrleansTasks.Lifetime;

/// <summary>The phase of the service. Phases only advance.</summary>
public sealed class ServiceState
{
    private int phase;

    /// <summary>The current phase.</summary>
    public ServicePhase Phase => (ServicePhase)Volatile.Read(ref phase);

    /// <summary>
    /// Advances to <see cref="ServicePhase.Running"/>. Has no effect if the service is already ending.
    /// </summary>
    public void Started() =>
        Interlocked.CompareExchange(ref phase, (int)ServicePhase.Running, (int)ServicePhase.Starting);

    /// <summary>Advances to <see cref="ServicePhase.Draining"/>. Returns false if it was already reached.</summary>
    public bool Drain() =>
        Interlocked.Exchange(ref phase, (int)ServicePhase.Draining) != (int)ServicePhase.Draining;
}
