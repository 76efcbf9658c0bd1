using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Streams;

namespace OrleansTasks.Simulation.Engine;

/// <summary>The properties of a grain class that the simulation obeys, from Orleans' manifest and the class's attributes.</summary>
internal sealed class GrainClass
{
    private readonly ObjectFactory _factory;
    private readonly IStreamNamespacePredicate[] _subscriptions;
    private readonly GrainBindings _bindings;

    internal GrainClass(Type type, GrainType name, IReadOnlyDictionary<string, string> properties, GrainBindings bindings)
    {
        (Type, GrainType, _bindings) = (type, name, bindings);
        Name = name.ToString()!;
        if (type.IsDefined(typeof(MayInterleaveAttribute), inherit: true))
            Obstacle = $"{type} has [MayInterleave], which the simulation does not know.";
        if (properties.TryGetValue(WellKnownGrainTypeProperties.IdleDeactivationPeriod, out var period))
        {
            KeepAlive = period == WellKnownGrainTypeProperties.IndefiniteIdleDeactivationPeriodValue;
            CollectionAge = KeepAlive ? null : TimeSpan.Parse(period, CultureInfo.InvariantCulture);
        }

        // The manifest would give the number of this machine's processors for a class that gives none.
        if (type.CustomAttributes.FirstOrDefault(static a => a.AttributeType == typeof(StatelessWorkerAttribute)) is { } worker)
            Workers = worker.ConstructorArguments is [{ Value: int and > 0 and var most }, ..] ? most : 0;
        IsReentrant = properties.TryGetValue(WellKnownGrainTypeProperties.Reentrant, out var reentrant)
            && bool.Parse(reentrant);
        PrefersLocal = type.IsDefined(typeof(PreferLocalPlacementAttribute), inherit: true);
        _subscriptions =
            [.. type.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>().Select(static s => s.Predicate)];
        Facets = [.. FacetsOf(type)];
        _factory = ActivatorUtilities.CreateFactory(type, Facets);
    }

    internal Type Type { get; }

    internal GrainType GrainType { get; }

    internal string Name { get; }

    internal bool KeepAlive { get; }

    internal TimeSpan? CollectionAge { get; }

    /// <summary>Whether all of its requests interleave.</summary>
    internal bool IsReentrant { get; }

    /// <summary>Whether it is placed on the silo of its first caller.</summary>
    internal bool PrefersLocal { get; }

    /// <summary>Null for a grain; for a stateless worker how many a silo has, 0 for one a processor.</summary>
    internal int? Workers { get; }

    /// <summary>Why the simulation cannot run grains of this class; null if it can.</summary>
    internal string? Obstacle { get; }

    /// <summary>
    /// The types of the constructor's facets: parameters such as <c>[PersistentState]</c>, which Orleans makes for each activation.
    /// </summary>
    internal Type[] Facets { get; }

    internal object Create(IServiceProvider services, Activation activation)
    {
        if (Obstacle is not null) throw new NotSupportedException(Obstacle);
        return _factory(services, Facets.Length == 0 ? null : activation.Host.FacetsOf(this).CreateArguments(activation));
    }

    internal static bool IsFacet(ParameterInfo parameter) =>
        parameter.GetCustomAttributes().Any(static attribute => attribute is IFacetMetadata);

    /// <summary>The grain of this class that takes a stream's items; null when the class has not subscribed.</summary>
    internal GrainId? SubscriberOf(StreamId stream, IStreamIdMapper mapper) =>
        stream.GetNamespace() is { } name && Array.Exists(_subscriptions, subscription => subscription.IsMatch(name))
            ? GrainId.Create(GrainType, mapper.GetGrainKeyId(_bindings, stream))
            : null;

    // Orleans looks at the first constructor alone.
    private static IEnumerable<Type> FacetsOf(Type type) =>
        (type.GetConstructors().FirstOrDefault()?.GetParameters() ?? []).Where(IsFacet).Select(static p => p.ParameterType);
}
