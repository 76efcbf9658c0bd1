using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Engine.Embedded;

/// <summary>What a simulated cluster is made of.</summary>
public sealed class SimClusterOptions
{
    /// <summary>Decides everything.</summary>
    public required long Seed { get; init; }

    /// <summary>Where grain classes are.</summary>
    public required IReadOnlyList<Assembly> GrainAssemblies { get; init; }

    /// <summary>Names of the stream providers there are.</summary>
    public IReadOnlyList<string> StreamProviders { get; init; } = [];

    /// <summary>Adds what a silo's grains are made with; gets the silo's clock.</summary>
    public Action<IServiceCollection, TimeProvider>? ConfigureSilo { get; init; }

    /// <summary>How long callers wait.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How soon at least a killed silo is found dead.</summary>
    public TimeSpan MembershipFastest { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How late at most a killed silo is found dead.</summary>
    public TimeSpan MembershipSlowest { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How many turns may run before time passes; more means that nothing gets on.</summary>
    public int TurnsPerInstant { get; init; } = 200_000;
}
