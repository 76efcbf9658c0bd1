using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation.Engine;

/// <summary>What a simulated cluster is made of. Times have the defaults of Orleans unless they say otherwise.</summary>
internal sealed class SimClusterOptions
{
    /// <summary>Decides everything.</summary>
    public required long Seed { get; init; }

    /// <summary>Where grain classes are.</summary>
    public required IReadOnlyList<Assembly> GrainAssemblies { get; init; }

    /// <summary>Names of the stream providers there are.</summary>
    public IReadOnlyList<string> StreamProviders { get; init; } = [];

    /// <summary>Adds the services that a silo's grains are made with; gets the silo's clock.</summary>
    public Action<IServiceCollection, TimeProvider>? ConfigureSilo { get; init; }

    /// <summary>
    /// Configures Orleans' serializer. Clusters share it by the assemblies and this delegate, so give a static method.
    /// </summary>
    public Action<IServiceCollection>? ConfigureSerializer { get; init; }

    /// <summary>How long callers wait, unless the method says otherwise.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an activation may be idle, unless its class says otherwise.</summary>
    public TimeSpan CollectionAge { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often idle activations are looked for.</summary>
    public TimeSpan CollectionQuantum { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long construction and OnActivateAsync may take.</summary>
    public TimeSpan ActivationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long OnDeactivateAsync may take.</summary>
    public TimeSpan DeactivationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a running request may keep an activation from ending before it is abandoned.</summary>
    public TimeSpan MaxRequestProcessingTime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How many items a stream's queue for one subscriber holds; a producer of more gets an exception.</summary>
    public int StreamQueueCapacity { get; init; } = 4096;

    /// <summary>How long an item that its subscriber fails to take is tried again.</summary>
    public TimeSpan MaxStreamDeliveryTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many activations a silo has of a stateless worker that gives no number.</summary>
    public int Processors { get; init; } = 2;

    /// <summary>
    /// Whether observers are kept alive. Orleans holds them weakly, but when the garbage collector comes must not change what a
    /// simulation does.
    /// </summary>
    public bool KeepsObservers { get; init; } = true;

    /// <summary>How soon at least a killed silo is found dead.</summary>
    public TimeSpan MembershipFastest { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How late at most a killed silo is found dead.</summary>
    public TimeSpan MembershipSlowest { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>
    /// Whether the first silo refuses to start without a service that some grain's constructor takes. Otherwise calls of that grain fail.
    /// </summary>
    public bool RequiresServices { get; init; } = true;

    /// <summary>How many turns may run before time passes; more means that nothing gets on.</summary>
    public int TurnsPerInstant { get; init; } = 200_000;
}
