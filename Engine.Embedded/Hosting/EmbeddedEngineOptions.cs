using System.Reflection;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Settings of the Embedded engine. They are checked at the start.</summary>
public sealed class EmbeddedEngineOptions
{
    /// <summary>Where grain classes are looked for.</summary>
    public IList<Assembly> GrainAssemblies { get; } = [];

    /// <summary>Names of the stream providers there are.</summary>
    public IList<string> StreamProviders { get; } = [];

    /// <summary>Name of this silo, in logs and in the identities of observers.</summary>
    public string SiloName { get; set; } = "silo";

    /// <summary>How long a caller waits, unless the method says otherwise.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an activation may be idle, unless its class says otherwise.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often idle activations are looked for.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long construction and OnActivateAsync may take.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long OnDeactivateAsync may take.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a running request may keep an activation from ending before it is abandoned.</summary>
    public TimeSpan MaxRequestProcessingTime { get; set; } = TimeSpan.FromHours(2);

    /// <summary>
    /// How many items a stream's queue for one subscriber holds; a producer of more gets an exception.
    /// </summary>
    public int StreamQueueCapacity { get; set; } = 4096;

    /// <summary>How long an item that its subscriber fails to take is tried again.</summary>
    public TimeSpan MaxStreamDeliveryTime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many activations a stateless worker has that gives no number.</summary>
    public int Processors { get; set; } = Environment.ProcessorCount;
}
