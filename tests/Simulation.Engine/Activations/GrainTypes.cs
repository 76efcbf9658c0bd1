using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;
using Orleans.Streams;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// What Orleans itself knows of the compiled grains: their classes, proxies, codecs and copiers. It comes from the services of an Orleans
/// client that is never started. Making them takes tens of milliseconds, so all clusters of the process share them.
/// </summary>
internal sealed class GrainTypes
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(string Assemblies, Action<IServiceCollection>? Configure), GrainTypes> Made = [];

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly Dictionary<GrainType, GrainClass> _classes = [];
    private readonly Serializer<object> _serializer;

    private GrainTypes(IReadOnlyList<Assembly> assemblies, Action<IServiceCollection>? configure)
    {
        OrleansContext.Require();
        var services = new ServiceCollection();

        // AddOrleansClient leaves the first two alone, as they are there already; of manifests the last one counts.
        services.AddSingleton<IGrainReferenceRuntime>(new GrainCalls(() => Services!));
        services.AddSingleton<IGrainFactory>(static provider => new GrainFactory(provider, host: null));
        services.AddOrleansClient(static _ => { });
        services.AddSingleton<IClusterManifestProvider>(static provider => new LocalManifest(provider));
        services.AddSerializer(serializer =>
        {
            foreach (var assembly in assemblies) serializer.AddAssembly(assembly);
            serializer.AddAssembly(typeof(IRemindable).Assembly);
        });
        services.AddSingleton<IGrainPropertiesProvider, AttributeGrainBindingsProvider>();
        configure?.Invoke(services);
        Services = services.BuildServiceProvider();
        Require<IGrainReferenceRuntime, GrainCalls>();
        Require<IGrainFactory, GrainFactory>();
        Require<IClusterManifestProvider, LocalManifest>();
        _serializer = Services.GetRequiredService<Serializer<object>>();
        Copier = Services.GetRequiredService<DeepCopier>();
        ResponseCopier = Copier.GetCopier<Response>();
        StreamIds = new DefaultStreamIdMapper();

        var manifest = (LocalManifest)Services.GetRequiredService<IClusterManifestProvider>();
        var names = Services.GetRequiredService<GrainTypeResolver>();
        var bindings = Services.GetRequiredService<GrainBindingsResolver>();
        var found = Services.GetRequiredService<IOptions<GrainTypeOptions>>().Value.Classes
            .Where(type => assemblies.Contains(type.Assembly) && !type.IsGenericTypeDefinition)
            .Select(type => (Type: type, Name: names.GetGrainType(type)))
            .OrderBy(static c => c.Name.ToString(), StringComparer.Ordinal);
        foreach (var (type, name) in found)
            _classes.Add(name, new GrainClass(type, name, manifest.PropertiesOf(name), bindings.GetBindings(name)));
    }

    /// <summary>Orleans' services.</summary>
    internal IServiceProvider Services { get; }

    internal DeepCopier Copier { get; }

    internal DeepCopier<Response> ResponseCopier { get; }

    internal IStreamIdMapper StreamIds { get; }

    /// <summary>All grain classes, by name.</summary>
    internal IEnumerable<GrainClass> Classes => _classes.Values;

    internal GrainClass this[GrainType type] => _classes.TryGetValue(type, out var found)
        ? found
        : throw new ArgumentException($"No grain class has the grain type '{type}'.", nameof(type));

    /// <summary>A message as the bytes that travel.</summary>
    internal byte[] Serialize(object message)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        buffer.ResetWrittenCount();
        _serializer.Serialize(message, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The message that the bytes carry.</summary>
    internal object Deserialize(byte[] message) => _serializer.Deserialize(message)!;

    /// <summary>The types of the grains in these assemblies.</summary>
    /// <param name="assemblies">Where grain classes are.</param>
    /// <param name="configure">Configures Orleans' serializer; a static method, so that all clusters give the same.</param>
    internal static GrainTypes Of(IReadOnlyList<Assembly> assemblies, Action<IServiceCollection>? configure)
    {
        var key = (string.Join(';', assemblies.Select(static a => a.FullName)), configure);
        lock (Gate) return Made.TryGetValue(key, out var made) ? made : Made[key] = new GrainTypes(assemblies, configure);
    }

    private void Require<TService, TOurs>()
        where TService : notnull
    {
        var won = Services.GetRequiredService<TService>();
        if (won is not TOurs)
            throw new SimulationException($"Orleans has registered {won.GetType()} as {typeof(TService)} beside the simulation's own.");
    }

    /// <summary>The manifest of a cluster whose silos all have the same grains.</summary>
    [SuppressMessage("ApiDesign", "RS0030", Justification = "Orleans wants immutable dictionaries; nothing here goes by their order.")]
    private sealed class LocalManifest : IClusterManifestProvider
    {
        private readonly Dictionary<GrainType, IReadOnlyDictionary<string, string>> _properties = [];

        public LocalManifest(IServiceProvider services)
        {
            var types = services.GetRequiredService<IOptions<GrainTypeOptions>>().Value;
            var interfaceNames = services.GetRequiredService<GrainInterfaceTypeResolver>();
            var interfaces = ImmutableDictionary.CreateBuilder<GrainInterfaceType, GrainInterfaceProperties>();
            foreach (var type in types.Interfaces)
            {
                var name = interfaceNames.GetGrainInterfaceType(type);
                var properties = new Dictionary<string, string>();
                foreach (var provider in services.GetServices<IGrainInterfacePropertiesProvider>())
                    provider.Populate(type, name, properties);
                interfaces[name] = new GrainInterfaceProperties(properties.ToImmutableDictionary(StringComparer.Ordinal));
            }

            var grainNames = services.GetRequiredService<GrainTypeResolver>();
            var grains = ImmutableDictionary.CreateBuilder<GrainType, GrainProperties>();
            foreach (var type in types.Classes)
            {
                var name = grainNames.GetGrainType(type);
                var properties = new Dictionary<string, string>();
                foreach (var provider in services.GetServices<IGrainPropertiesProvider>())
                    provider.Populate(type, name, properties);
                _properties[name] = properties;
                grains[name] = new GrainProperties(properties.ToImmutableDictionary(StringComparer.Ordinal));
            }

            LocalGrainManifest = new GrainManifest(grains.ToImmutable(), interfaces.ToImmutable());
            Current = new ClusterManifest(
                new MajorMinorVersion(1, 0),
                ImmutableDictionary<SiloAddress, GrainManifest>.Empty.Add(SiloAddress.Zero, LocalGrainManifest));
        }

        internal IReadOnlyDictionary<string, string> PropertiesOf(GrainType grain) => _properties[grain];

        public ClusterManifest Current { get; }

        public GrainManifest LocalGrainManifest { get; }

        // The manifest never changes, and nobody who would watch it is started.
        public IAsyncEnumerable<ClusterManifest> Updates => AsyncEnumerable.Empty<ClusterManifest>();
    }
}
