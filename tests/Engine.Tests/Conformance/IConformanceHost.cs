namespace OrleansTasks.Engine.Tests;

/// <summary>All that the suite needs of an engine beyond the Orleans API.</summary>
public interface IConformanceHost : IAsyncDisposable
{
    /// <summary>Name of the stream provider.</summary>
    const string Streams = "streams";

    /// <summary>A client outside of the grains.</summary>
    IClusterClient Client { get; }

    /// <summary>Collects what was idle for this long.</summary>
    Task CollectIdleAsync(TimeSpan age);

    /// <summary>Kills what hosts the grain; other hosts, or a new one, take calls afterwards.</summary>
    Task KillHostOfAsync(IAddressable grain);

    /// <summary>
    /// Has the directory lose the grain's activation, which lives on; the next call makes a second one.
    /// </summary>
    Task ForgetAsync(IAddressable grain);

    /// <summary>Ends every host in order.</summary>
    Task StopAsync();
}
