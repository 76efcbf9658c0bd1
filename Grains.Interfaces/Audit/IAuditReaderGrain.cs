namespace OrleansTasks.Audit;

/// <summary>Reads the audit for gateways; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IAuditReaderGrain")]
public interface IAuditReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns records, newest first. Throws <see cref="Storage.StoreUnavailableException"/>.</summary>
    [Alias("List")]
    Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default);
}
