using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>Reports the condition of the silos to gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IClusterReaderGrain")]
public interface IClusterReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns the health of the silos' store. This is cheap, because it does not read the store.</summary>
    [Alias("Store")]
    Task<StoreHealth> Store();
}
