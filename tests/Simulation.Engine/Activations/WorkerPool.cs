namespace OrleansTasks.Simulation.Engine;

/// <summary>The activations of a stateless worker: as many as are needed at a time, up to a limit.</summary>
internal sealed class WorkerPool(GrainHost host, GrainId id, GrainClass grainClass) : IRequestTarget
{
    private readonly List<Activation> _workers = [];
    private readonly int _limit = grainClass.Workers is > 0 and var given ? given : host.Options.Processors;

    public int Count => _workers.Count;

    internal GrainId Id => id;

    public long Number { get; } = host.NextNumber();

    public bool TryAccept(Request request)
    {
        while (true)
        {
            var worker = Choose();
            if (worker.TryAccept(request)) return true;
            _workers.Remove(worker);
        }
    }

    public void CollectIdle(TimeSpan? age)
    {
        foreach (var worker in Workers()) worker.CollectIdle(age);
    }

    public Task EndAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        Workers().Select(w => w.EndAsync(reason, cancellationToken)).AllEndedAsync(CancellationToken.None);

    public void Crash()
    {
        foreach (var worker in Workers()) worker.Crash();
    }

    internal void Remove(Activation worker) => _workers.Remove(worker);

    private Activation[] Workers() => [.. _workers];

    // An idle one; else a new one while there may be more; else the least loaded.
    private Activation Choose()
    {
        Activation? chosen = null;
        var least = int.MaxValue;
        foreach (var worker in _workers)
        {
            var load = worker.Load;
            if (load == 0) return worker;
            if (chosen is not null && load >= least) continue;
            (chosen, least) = (worker, load);
        }

        if (chosen is not null && _workers.Count >= _limit) return chosen;
        chosen = new Activation(host, id, grainClass, this);
        _workers.Add(chosen);
        return chosen;
    }
}
