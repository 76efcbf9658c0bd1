using System.Collections.Concurrent;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>The objects of one silo that grains may call back.</summary>
internal sealed class ObserverRegistry(EmbeddedSilo silo)
{
    private const string TypeName = "sys.observer";

    private readonly ConcurrentDictionary<GrainId, ObserverTarget> _targets = new();

    internal static bool IsObserver(GrainId id) => ReferenceEquals(id.TypeName, TypeName);

    /// <summary>Name of the silo that has the object.</summary>
    internal static ReadOnlySpan<char> HomeOf(GrainId id) => id.KeyText.AsSpan(0, id.KeyText.LastIndexOf('/'));

    internal GrainId Add(object observer)
    {
        var id = new GrainId(TypeName, $"{silo.Name}/{silo.NextNumber()}");
        _targets[id] = new ObserverTarget(observer, silo.Executor, id);
        return id;
    }

    internal void Remove(GrainId id) => _targets.TryRemove(id, out _);

    /// <summary>
    /// A call to an object that is gone is dropped without an answer, as its owner can no longer give one.
    /// </summary>
    internal void Receive(Call call)
    {
        if (!_targets.TryGetValue(call.Target, out var target))
        {
            silo.LogObserverGone(call.Target, call.Method.InterfaceName, call.Method.Info.Name);
        }
        else if (!target.TryAccept(call))
        {
            _targets.TryRemove(call.Target, out _);
            silo.LogObserverCollected(call.Target);
        }
    }

    internal void Clear() => _targets.Clear();
}
