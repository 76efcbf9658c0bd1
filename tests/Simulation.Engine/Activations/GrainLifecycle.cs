namespace OrleansTasks.Simulation.Engine;

/// <summary>The stages of a grain's life that services of the grain take part in.</summary>
internal sealed class GrainLifecycle : IGrainLifecycle
{
    private readonly List<(int Stage, ILifecycleObserver Observer)> _observers = [];

    public void AddMigrationParticipant(IGrainMigrationParticipant participant)
    {
        // Grains do not migrate here.
    }

    public void RemoveMigrationParticipant(IGrainMigrationParticipant participant)
    {
        // Grains do not migrate here.
    }

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        var entry = (stage, observer);
        _observers.Add(entry);
        return new Subscription(() => _observers.Remove(entry));
    }

    internal async Task StartAsync(CancellationToken token)
    {
        foreach (var (_, observer) in _observers.OrderBy(static o => o.Stage).ToArray()) await observer.OnStart(token);
    }

    internal async Task StopAsync(CancellationToken token)
    {
        foreach (var (_, observer) in _observers.OrderByDescending(static o => o.Stage).ToArray()) await observer.OnStop(token);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
