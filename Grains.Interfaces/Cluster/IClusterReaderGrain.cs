using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>Tells gateways how the silos' side is; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IClusterReaderGrain")]
public interface IClusterReaderGrain : IGrainWithStringKey
{
    /// <summary>How the store is that the silos write to. Cheap: nothing is read for it.</summary>
    [Alias("Store")]
    Task<StoreHealth> Store();
}
