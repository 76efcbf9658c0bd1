using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A certificate issued to a worker; the certificate itself is not stored. Silos accept a worker only while its row
/// exists, so deleting the row revokes the certificate within seconds. A renewed certificate gets its own row.
/// </summary>
/// <param name="Thumbprint">SHA-256 of the DER-encoded certificate, 32 bytes; the lookup key.</param>
/// <param name="Node">The node for which the worker may act.</param>
/// <param name="Instance">The identity of the worker's data folder, which holds the certificate's key.</param>
/// <param name="ExpiresAt">
/// Unix milliseconds. The row outlives the certificate by at least a day, so that silos can explain refusals.
/// </param>
public sealed record CertificateRow(ReadOnlyMemory<byte> Thumbprint, string Node, string Instance, long ExpiresAt)
{
    /// <summary>Labels from the node's join token, sorted by key. A renewed certificate inherits them.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];
}
