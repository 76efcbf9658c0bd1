namespace OrleansTasks.Simulation.Engine;

/// <summary>The objects of one silo that grains may call back.</summary>
internal sealed class ObserverRegistry(GrainHost host)
{
    private static readonly GrainType Type = GrainType.Create("sim.observer");

    private readonly Dictionary<GrainId, ObserverTarget> _targets = [];

    internal static bool IsObserver(GrainId id) => id.Type == Type;

    /// <summary>Name of the silo that has the object.</summary>
    internal static string HomeOf(GrainId id)
    {
        var key = id.Key.ToString()!;
        return key[..key.LastIndexOf('/')];
    }

    internal GrainId Add(object observer)
    {
        var id = GrainId.Create(Type, $"{host.Name}/{host.NextNumber()}");
        _targets[id] = new ObserverTarget(observer, host, id);
        return id;
    }

    internal void Remove(GrainId id) => _targets.Remove(id);

    /// <summary>A call to an object that is gone is dropped without an answer, as its owner can no longer give one.</summary>
    internal void Receive(Call call)
    {
        if (!_targets.TryGetValue(call.Target, out var target))
            host.LogObserverGone(call.Target, call.Shape.InterfaceName, call.Shape.MethodName);
        else if (!target.TryAccept(call))
        {
            _targets.Remove(call.Target);
            host.LogObserverCollected(call.Target);
        }
    }

    internal void Clear() => _targets.Clear();
}
