using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Engine.Tests;

/// <summary>One silo in the simulation, and a client in its process.</summary>
internal sealed class SimulatedWorld : IDisposable
{
    private const int MostSteps = 400_000;
    private readonly SimProcess _client;

    public SimulatedWorld(SimClusterOptions options)
    {
        Cluster = new SimCluster(options);
        Silo = Cluster.StartSilo("silo");
        _client = Silo.NewProcess("client");
    }

    public SimCluster Cluster { get; }

    public SimSilo Silo { get; }

    public VirtualTimeProvider Clock => Cluster.Clock;

    public IClusterClient Client => Silo.Grains;

    public static SimClusterOptions Options(
        long seed = 1, double collectionQuantum = 30, int queueCapacity = 4096, double deliverySeconds = 60) => new()
    {
        Seed = seed,
        GrainAssemblies = [typeof(SimulatedWorld).Assembly],
        StreamProviders = [IConformanceHost.Streams],
        ConfigureSilo = static (services, _) => ConformanceServices.Add(services),
        CollectionQuantum = TimeSpan.FromSeconds(collectionQuantum),
        StreamQueueCapacity = queueCapacity,
        MaxStreamDeliveryTime = TimeSpan.FromSeconds(deliverySeconds),
    };

    /// <summary>Runs client code and all that it sets in motion; time passes when there is nothing else to do.</summary>
    public T Run<T>(Func<Task<T>> code)
    {
        Task<T>? running = null;
        _client.Post(() => running = code());
        for (var steps = 0; running is not { IsCompleted: true }; steps++)
        {
            Assert.True(steps < MostSteps, "It has no end.");
            Assert.True(Cluster.Step(), "It waits for ever.");
        }

        return running.GetAwaiter().GetResult();
    }

    public void Run(Func<Task> code) => Run(async () =>
    {
        await code();
        return true;
    });

    /// <summary>Lets time pass; what it sets in motion runs.</summary>
    public void Pass(TimeSpan time)
    {
        var isOver = false;
        Cluster.After(time, () => isOver = true);
        while (!isOver) Assert.True(Cluster.Step());
    }

    /// <summary>Lets a moment pass, in which messages within the silo arrive.</summary>
    public void Settle() => Pass(TimeSpan.FromMilliseconds(10));

    public void Dispose() => Cluster.Dispose();
}
