using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.GrainReferences;
using Orleans.Metadata;

namespace OrleansTasks.Simulation.Engine;

/// <summary>Makes references to grains, for everybody, and to observers, for the silo that has them.</summary>
/// <param name="orleans">Orleans' services.</param>
/// <param name="host">The silo that observers are made in; null: the one whose turn runs.</param>
internal sealed class GrainFactory(IServiceProvider orleans, GrainHost? host) : IClusterClient
{
    private readonly GrainInterfaceTypeResolver _interfaces = orleans.GetRequiredService<GrainInterfaceTypeResolver>();
    private readonly ConcurrentDictionary<Type, GrainInterfaceType> _names = new();
    private readonly ConcurrentDictionary<GrainInterfaceType, GrainType> _classes = new();

    public IServiceProvider ServiceProvider => host?.Services ?? orleans;

    private GrainInterfaceTypeToGrainTypeResolver Grains => field ??= orleans.GetRequiredService<GrainInterfaceTypeToGrainTypeResolver>();

    private GrainReferenceActivator Activator => field ??= orleans.GetRequiredService<GrainReferenceActivator>();

    private GrainHost Host => host ?? GrainHost.Current ?? throw new InvalidOperationException("No silo's turn runs.");

    public T GetGrain<T>(Guid primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithGuidKey => Get<T>(GrainIdKeyExtensions.CreateGuidKey(primaryKey), grainClassNamePrefix);

    public T GetGrain<T>(long primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithIntegerKey => Get<T>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey), grainClassNamePrefix);

    public T GetGrain<T>(string primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithStringKey
    {
        ArgumentNullException.ThrowIfNull(primaryKey);
        return Get<T>(IdSpan.Create(primaryKey), grainClassNamePrefix);
    }

    public T GetGrain<T>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where T : IGrainWithGuidCompoundKey => Get<T>(GrainIdKeyExtensions.CreateGuidKey(primaryKey, keyExtension), grainClassNamePrefix);

    public T GetGrain<T>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where T : IGrainWithIntegerCompoundKey =>
        Get<T>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey, keyExtension), grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) =>
        (IGrain)Get(grainInterfaceType, IdSpan.Create(grainPrimaryKey), null);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey, keyExtension), null);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) =>
        (IGrain)Get(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey, keyExtension), null);

    public T GetGrain<T>(GrainId grainId)
        where T : IAddressable => (T)(object)Activator.CreateReference(grainId, InterfaceTypeOf(typeof(T)));

    public IAddressable GetGrain(GrainId grainId) => ReferenceTo(grainId);

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) =>
        Activator.CreateReference(grainId, interfaceType);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) =>
        (IAddressable)Get(interfaceType, grainKey, grainClassNamePrefix);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => (IAddressable)Get(interfaceType, grainKey, null);

    public T CreateObjectReference<T>(IGrainObserver obj)
        where T : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is GrainReference) throw new ArgumentException("This is a reference already.", nameof(obj));
        if (obj is IGrainBase) throw new ArgumentException("Grains are called by their own references.", nameof(obj));
        return (T)(object)Activator.CreateReference(Host.Observers.Add(obj), InterfaceTypeOf(typeof(T)));
    }

    public void DeleteObjectReference<T>(IGrainObserver obj)
        where T : IGrainObserver
    {
        if (obj is not GrainReference reference)
            throw new ArgumentException("This is no reference; give what CreateObjectReference returned.", nameof(obj));
        Host.Observers.Remove(reference.GrainId);
    }

    internal GrainReference ReferenceTo(GrainId id) => Activator.CreateReference(id, default);

    // Orleans looks at the attributes of the type each time.
    internal GrainInterfaceType InterfaceTypeOf(Type type) => _names.GetOrAdd(type, _interfaces.GetGrainInterfaceType);

    private T Get<T>(IdSpan key, string? prefix) => (T)Get(typeof(T), key, prefix);

    private object Get(Type type, IdSpan key, string? prefix)
    {
        var name = InterfaceTypeOf(type);
        var grain = string.IsNullOrEmpty(prefix) ? _classes.GetOrAdd(name, Grains.GetGrainType) : Grains.GetGrainType(name, prefix);
        return Activator.CreateReference(GrainId.Create(grain, key), name);
    }
}
