using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;

namespace OrleansTasks.Engine.Embedded;

/// <summary>What the engine knows of a grain class.</summary>
internal sealed class GrainClass
{
    // Made at run time, and the same for every silo of the process.
    private static readonly ConcurrentDictionary<Type, ObjectFactory> Factories = new();

    private readonly ObjectFactory _factory;

    internal GrainClass(Type type)
    {
        Type = type;
        Name = type.GetCustomAttribute<GrainTypeAttribute>()?.Name ?? NameByConvention(type);
        var age = type.GetCustomAttribute<CollectionAgeLimitAttribute>();
        KeepAlive = type.IsDefined(typeof(KeepAliveAttribute)) || age?.AlwaysActive == true;
        CollectionAge = age?.AgeLimit;
        Workers = type.GetCustomAttribute<StatelessWorkerAttribute>()?.Workers;
        var subscriptions = type.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>();
        StreamNamespaces = [.. subscriptions.Select(s => s.Namespace)];
        PrefersLocal = type.IsDefined(typeof(PreferLocalPlacementAttribute));
        _factory = Factories.GetOrAdd(type, static type => ActivatorUtilities.CreateFactory(type, Type.EmptyTypes));
    }

    internal Type Type { get; }

    internal string Name { get; }

    internal bool KeepAlive { get; }

    internal TimeSpan? CollectionAge { get; }

    /// <summary>Whether it is placed on the silo of its first caller.</summary>
    internal bool PrefersLocal { get; }

    /// <summary>Null for a grain; for a stateless worker how many, -1 for one a processor.</summary>
    internal int? Workers { get; }

    internal IReadOnlyList<string> StreamNamespaces { get; }

    internal object Create(IServiceProvider services) => _factory(services, null);

    private static string NameByConvention(Type type)
    {
        const string Suffix = "grain";
        var name = type.Name.ToLowerInvariant();
        return name.Length > Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
            ? name[..^Suffix.Length]
            : name;
    }
}
