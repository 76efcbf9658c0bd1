using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation;

/// <summary>What a simulated cluster consists of. Times default to those of Orleans.</summary>
public sealed record SimulationOptions
{
    /// <summary>How many silos start before the test begins.</summary>
    public int Silos { get; init; } = 2;

    /// <summary>
    /// The assemblies with grain classes. Without any, the simulation takes the test's assembly and the assemblies that
    /// it refers to, as far as Orleans has generated code for them. Name an assembly here if the test only refers to
    /// its interfaces' assembly.
    /// </summary>
    public IReadOnlyList<Assembly> GrainAssemblies { get; init; } = [];

    /// <summary>
    /// Adds the services with which grains are constructed. Runs once for each silo that starts. Objects that all silos
    /// share come from <see cref="SimulatedCluster.Shared{T}"/>, so that each run has its own.
    /// </summary>
    public Action<IServiceCollection, SimulatedCluster>? ConfigureServices { get; init; }

    /// <summary>The names of the stream providers.</summary>
    public IReadOnlyList<string> StreamProviders { get; init; } = [];

    /// <summary>How long a caller waits for an answer unless the method has <c>[ResponseTimeout]</c>.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an activation may be idle unless its class has <c>[CollectionAgeLimit]</c>.</summary>
    public TimeSpan CollectionAge { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The virtual time after which a test that has not ended fails.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromHours(1);
}
