using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>
/// Reports the condition of the silos to gateways; stateless. Key: <c>reader</c>, or <see cref="ProbePrefix"/> and anything that is
/// new, to learn whether a silo can activate a grain.
/// </summary>
[Alias("ot.IClusterReaderGrain")]
public interface IClusterReaderGrain : IGrainWithStringKey
{
    /// <summary>How the keys of activations begin that answer once.</summary>
    const string ProbePrefix = "probe-";

    /// <summary>Returns the health of the silos' store. This is cheap, because it does not read the store.</summary>
    [Alias("Store")]
    Task<StoreHealth> Store();
}
