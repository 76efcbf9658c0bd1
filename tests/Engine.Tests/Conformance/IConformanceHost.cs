namespace OrleansTasks.Engine.Tests;

/// <summary>All that the suite needs of a cluster beyond the Orleans API.</summary>
public interface IConformanceHost
{
    /// <summary>Name of the stream provider.</summary>
    const string Streams = "streams";

    /// <summary>Name of the provider of grain states.</summary>
    const string States = "states";

    /// <summary>A client outside of the grains.</summary>
    IClusterClient Client { get; }

    /// <summary>The time of the cluster and of the test.</summary>
    TimeProvider Time { get; }

    /// <summary>Runs code of the test beside it: on another thread, or in another process of the simulation.</summary>
    Task<T> Elsewhere<T>(Func<Task<T>> code);

    /// <summary>Collects what was idle for this long.</summary>
    Task CollectIdleAsync(TimeSpan age);

    /// <summary>Kills the silo that hosts the grain; the others take calls afterwards.</summary>
    Task KillHostOfAsync(IAddressable grain);

    /// <summary>Has the directory lose the grain's activation, which lives on; the next call makes a second one.</summary>
    Task ForgetAsync(IAddressable grain);

    /// <summary>Ends every silo in order.</summary>
    Task StopAsync();
}

/// <summary>A kind of cluster that the suite runs on.</summary>
public interface IConformanceHosts
{
    /// <summary>Runs a test on a cluster that it may share with others; each test has keys of its own.</summary>
    Task RunAsync(Func<IConformanceHost, Task> test);

    /// <summary>Runs a test on a cluster of its own.</summary>
    Task RunAloneAsync(Func<IConformanceHost, Task> test);
}
