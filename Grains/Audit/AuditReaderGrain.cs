using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Audit;

/// <summary>
/// Reads the audit from the store for gateways, which have no access to the store. Holds no state; each silo runs up to
/// 4 activations.
/// </summary>
[GrainType("audit-reader"), StatelessWorker(4), Reentrant]
public sealed class AuditReaderGrain(IAuditStore store) : Grain, IAuditReaderGrain
{
    /// <inheritdoc/>
    public Task<ImmutableArray<AuditRecord>> List(
        AuditQuery query, CancellationToken cancellation = default) => store.List(query, cancellation);
}
