using System.Reflection;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Plugins;

/// <summary>The processors that a worker's plug-ins provide, by name.</summary>
public sealed partial class PluginCatalog
{
    private readonly SortedDictionary<string, Type> types = new(StringComparer.Ordinal);

    /// <summary>A catalog without processors.</summary>
    public static PluginCatalog Empty { get; } = new();

    /// <summary>The names of the processors, sorted.</summary>
    public IReadOnlyCollection<string> Names => types.Keys;

    /// <summary>Whether a string can be the name of a processor.</summary>
    public static bool IsName(string text) => NamePattern().IsMatch(text);

    /// <summary>
    /// Adds the processors of an assembly and returns their number. Throws <see cref="PluginException"/> if one is
    /// invalid.
    /// </summary>
    public int Add(Assembly assembly)
    {
        var found = 0;
        foreach (var type in TypesOf(assembly))
        {
            if (type.GetCustomAttribute<ProcessorAttribute>() is not { } named)
                continue;
            Check(type, named.Name);
            types.Add(named.Name, type);
            found++;
        }

        return found;
    }

    internal Processor Create(string name)
    {
        if (!types.TryGetValue(name, out var type))
            throw new PluginException(
                $"This worker has no plug-in processor '{name}'; " + (types.Count == 0 ? "it has none." : $"it has {string.Join(", ", types.Keys)}."));
        return Activator.CreateInstance(type) switch
        {
            IIntegerProcessor integers => new IntegerPluginProcessor(integers),
            IItemProcessor items => new PluginProcessor(items),
            _ => throw new PluginException($"'{name}' is not a processor."),
        };
    }

    private static Type[] TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetExportedTypes();
        }
        catch (Exception failure) when (failure is FileNotFoundException or FileLoadException or TypeLoadException)
        {
            throw new PluginException($"Cannot load the plug-in {assembly.GetName().Name}: {failure.Message}", failure);
        }
    }

    private void Check(Type type, string name)
    {
        if (!IsName(name))
            throw new PluginException($"{type.FullName}: '{name}' is not a valid name for a processor.");
        if (types.TryGetValue(name, out var other))
            throw new PluginException($"Two plug-ins provide a processor '{name}': {other.AssemblyQualifiedName} and "
                + $"{type.AssemblyQualifiedName}.");
        if (type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null
            || !(type.IsAssignableTo(typeof(IItemProcessor)) || type.IsAssignableTo(typeof(IIntegerProcessor))))
            throw new PluginException(
                $"{type.FullName} must be a class that implements IItemProcessor or IIntegerProcessor and has a public, "
                + "parameterless constructor.");
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
    private static partial Regex NamePattern();
}
