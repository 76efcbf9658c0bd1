using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// The engine of a host: its state, and faults to try. Tests start one of their own by
/// <see cref="StartAsync(Action{IServiceCollection}?, Assembly[])"/>.
/// </summary>
public sealed class EmbeddedEngine : IAsyncDisposable
{
    private readonly EmbeddedSilo _silo;
    private IHost? _host;

    /// <summary>The engine of the host with these services.</summary>
    /// <param name="services">The host's services.</param>
    public EmbeddedEngine(IServiceProvider services) => _silo = services.GetRequiredService<EmbeddedSilo>();

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => _silo.Services;

    /// <summary>References to the grains.</summary>
    public IClusterClient Client => _silo.References;

    /// <summary>What the engine does now.</summary>
    public EngineStatistics Statistics => new(
        _silo.Targets.GroupBy(t => t.TypeName, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Sum(t => t.Count), StringComparer.Ordinal),
        [.. _silo.Methods.Where(m => m.Calls > 0)
            .Select(m => new MethodStatistics(m.InterfaceName, m.Info.Name, m.Calls, m.Failures))
            .OrderBy(m => m.Interface, StringComparer.Ordinal).ThenBy(m => m.Method, StringComparer.Ordinal)]);

    /// <summary>Starts an engine in a host of its own, which ends when the engine is disposed.</summary>
    /// <param name="configure">Adds services, a <see cref="TimeProvider"/> for one, and may configure
    /// <see cref="EmbeddedEngineOptions"/>. Every stream provider name works that is added to them; "streams"
    /// always.</param>
    /// <param name="grainAssemblies">Where grain classes are.</param>
    /// <returns>The running engine.</returns>
    public static async Task<EmbeddedEngine> StartAsync(
        Action<IServiceCollection>? configure, params Assembly[] grainAssemblies)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning));
        configure?.Invoke(builder.Services);
        builder.Services.AddEmbeddedEngine(options =>
        {
            foreach (var assembly in grainAssemblies) options.GrainAssemblies.Add(assembly);
            options.StreamProviders.Add("streams");
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        var engine = host.Services.GetRequiredService<EmbeddedEngine>();
        engine._host = host;
        return engine;
    }

    /// <summary>Ends in order: running requests get their answers, then every activation is deactivated.</summary>
    /// <param name="cancellationToken">Cuts it short; what still runs ends as in a crash.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _silo.StopAsync(cancellationToken);

    /// <summary>Ends what was idle for this long.</summary>
    /// <param name="age">How long.</param>
    public void CollectIdle(TimeSpan age) => _silo.CollectIdle(age);

    /// <summary>
    /// A fault: the engine dies and starts anew. Nothing of what ran goes on, no OnDeactivateAsync is called, callers
    /// get
    /// <see cref="SiloUnavailableException"/>.
    /// </summary>
    public void KillAndRestart()
    {
        _silo.Crash();
        _silo.Restart();
    }

    /// <summary>
    /// A fault: the directory loses an activation, which lives on beside the one that the next call makes.
    /// </summary>
    /// <param name="grain">A reference to it.</param>
    /// <returns>Whether it was active.</returns>
    public bool Forget(IAddressable grain) => _silo.Forget(grain.GetGrainId());

    /// <summary>Stops the engine, and its host if it was started with one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.StopAsync();
            host.Dispose();
        }
        else
        {
            await _silo.StopAsync(CancellationToken.None);
        }
    }
}
