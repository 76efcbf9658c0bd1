using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Makes references, for grains and for clients.</summary>
internal sealed class ReferenceFactory(EmbeddedSilo silo) : IClusterClient
{
    private readonly ConcurrentDictionary<Type, InterfaceBinding> _bindings = new();

    public IServiceProvider ServiceProvider => silo.Services;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentNullException.ThrowIfNull(primaryKey);
        return (TGrainInterface)(object)BindingOf(typeof(TGrainInterface)).To(primaryKey, grainClassNamePrefix);
    }

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is Reference) throw new ArgumentException("This is a reference already.", nameof(obj));
        if (obj is IGrainBase) throw new ArgumentException("Grains are called by their own references.", nameof(obj));
        return Get<TGrainObserverInterface>(silo.Observers.Add(obj));
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        if (obj is not Reference reference)
            throw new ArgumentException("This is no reference; give what CreateObjectReference returned.", nameof(obj));
        silo.Observers.Remove(reference.Id);
    }

    internal TInterface Get<TInterface>(GrainId id) => (TInterface)(object)BindingOf(typeof(TInterface)).To(id);

    private InterfaceBinding BindingOf(Type type) => _bindings.TryGetValue(type, out var found)
        ? found
        : _bindings.GetOrAdd(type, static (type, silo) => new InterfaceBinding(silo, type), silo);
}
