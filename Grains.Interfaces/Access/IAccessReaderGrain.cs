namespace OrleansTasks.Access;

/// <summary>Reads the valid API keys for gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IAccessReaderGrain")]
public interface IAccessReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns every key that is neither revoked nor expired.</summary>
    [Alias("Keys")]
    Task<ImmutableArray<KeyRecord>> Keys();
}
