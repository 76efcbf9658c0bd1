namespace OrleansTasks.Audit;

/// <summary>Reads for gateways who changed what; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IAuditReaderGrain")]
public interface IAuditReaderGrain : IGrainWithStringKey
{
    /// <summary>
    /// Records, newest first. Throws <see cref="Storage.StoreUnavailableException"/> when the store cannot be read.
    /// </summary>
    [Alias("List")]
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default);
}
