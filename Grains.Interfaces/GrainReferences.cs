using System.Runtime.CompilerServices;

namespace OrleansTasks;

/// <summary>
/// Makes references to grains with less work than <see cref="IGrainFactory.GetGrain{T}(string, string)"/>.
/// </summary>
public static class GrainReferences
{
    /// <summary>
    /// Returns a reference to a grain. Orleans reads the attributes of the interface by reflection at each call, which
    /// takes longer than sending a small message; this remembers for each factory what Orleans found. Throws what
    /// <see cref="IGrainFactory.GetGrain{T}(string, string)"/> throws, until a call has succeeded.
    /// </summary>
    public static T Reference<T>(this IGrainFactory factory, string key) where T : IGrainWithStringKey
    {
        ArgumentNullException.ThrowIfNull(factory);
        // ConditionalWeakTable is banned because what it forgets differs by run. Here, what it forgets is found again,
        // with the same value.
#pragma warning disable RS0030
        if (Found<T>.ByFactory.TryGetValue(factory, out var known))
            return (T)factory.GetGrain(GrainId.Create(known.Grain, key), known.Interface);
        var first = factory.GetGrain<T>(key);
        if (first is GrainReference reference)
            Found<T>.ByFactory.AddOrUpdate(factory, new Known(reference.GrainId.Type, reference.InterfaceType));
#pragma warning restore RS0030
        return first;
    }

    private static class Found<T>
    {
        public static readonly ConditionalWeakTable<IGrainFactory, Known> ByFactory = [];
    }

    private sealed record Known(GrainType Grain, GrainInterfaceType Interface);
}
