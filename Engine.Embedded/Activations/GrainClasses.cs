using System.Reflection;
using Orleans;

namespace OrleansTasks.Engine.Embedded;

/// <summary>The grain classes of the given assemblies.</summary>
internal sealed class GrainClasses
{
    private readonly Dictionary<string, GrainClass> _byName = new(StringComparer.Ordinal);

    internal GrainClasses(IEnumerable<Assembly> assemblies)
    {
        foreach (var type in assemblies.Distinct().SelectMany(a => a.GetTypes()))
        {
            if (!type.IsClass || type.IsAbstract || type.IsGenericTypeDefinition) continue;
            if (type.IsAssignableTo(typeof(Reference)) || !type.GetInterfaces().Any(IsGrainInterface)) continue;
            var found = new GrainClass(type);
            if (!_byName.TryAdd(found.Name, found))
            {
                throw new InvalidOperationException(
                    $"{type} and {_byName[found.Name].Type} have the same grain type '{found.Name}'; "
                    + "give one a [GrainType].");
            }
        }
    }

    internal IEnumerable<GrainClass> All => _byName.Values;

    internal GrainClass this[string name] => _byName.TryGetValue(name, out var found)
        ? found
        : throw new ArgumentException($"No grain class has the grain type '{name}'.", nameof(name));

    /// <summary>The class that implements an interface.</summary>
    /// <exception cref="ArgumentException">None does, or several do and the prefix does not choose one.</exception>
    internal GrainClass Implementing(Type grainInterface, string? classNamePrefix)
    {
        var found = _byName.Values.Where(c => c.Type.IsAssignableTo(grainInterface)).ToArray();
        if (!string.IsNullOrEmpty(classNamePrefix))
        {
            found = [.. found.Where(c => c.Type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal)
                || c.Type.Name.StartsWith(classNamePrefix, StringComparison.Ordinal))];
        }

        // Among several, the one named like the interface is meant: Foo or FooGrain for IFoo.
        if (found.Length > 1 && found.Where(c => c.Type.Name == grainInterface.Name[1..]).ToArray() is [var named])
            found = [named];

        return found switch
        {
            [var one] => one,
            [] => throw new ArgumentException($"Could not find an implementation for interface {grainInterface}."),
            _ => throw new ArgumentException(
                $"Several classes implement {grainInterface}: {string.Join(", ", found.Select(c => c.Type))}."),
        };
    }

    private static bool IsGrainInterface(Type type) =>
        type != typeof(IGrain) && type != typeof(IGrainWithStringKey) && type.IsAssignableTo(typeof(IGrain));
}
