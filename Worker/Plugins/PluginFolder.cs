using System.Reflection;
using System.Runtime.Loader;
using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Worker.Plugins;

/// <summary>
/// Loads a worker's plug-ins, each <c>DIR/NAME.dll</c> and <c>DIR/NAME/NAME.dll</c> in its own load context, so that
/// plug-ins can have their own dependencies next to them, in any version.
/// </summary>
public static class PluginFolder
{
    private static readonly string OwnName = typeof(IItemProcessor).Assembly.GetName().Name!;

    /// <summary>
    /// Loads all plug-ins. Throws <see cref="PluginException"/> if one cannot be used or the folder cannot be read.
    /// </summary>
    public static PluginCatalog Load(string folder)
    {
        var catalog = new PluginCatalog();
        try
        {
            foreach (var path in Paths(folder).Order(StringComparer.Ordinal))
                Load(catalog, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new PluginException($"The plug-in folder cannot be read: {failure.Message}", failure);
        }

        return catalog;
    }

    private static IEnumerable<string> Paths(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.dll").Where(static path => Path.GetFileNameWithoutExtension(path) != OwnName),
        .. Directory.EnumerateDirectories(folder)
            .Select(static inner => Path.Combine(inner, Path.GetFileName(inner) + ".dll")).Where(File.Exists),
    ];

    private static void Load(PluginCatalog catalog, string path)
    {
        Assembly assembly;
        try
        {
            assembly = new Context(path).LoadFromAssemblyPath(path);
        }
        catch (BadImageFormatException)
        {
            // A native library next to a plug-in.
            return;
        }

        catalog.Add(assembly);
    }

    private sealed class Context(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        private readonly AssemblyDependencyResolver resolver = new(path);

        /// <summary>
        /// Uses the worker's own assembly for the interfaces.
        /// With another copy, a plug-in would implement a different interface of the same name.
        /// </summary>
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name != OwnName && resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
            resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
    }
}
