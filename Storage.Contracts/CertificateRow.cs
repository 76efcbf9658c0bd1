using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A certificate issued to a worker; the certificate itself is not stored. A worker is let in only while its row
/// exists, so deleting the row revokes the certificate within seconds. A renewed certificate gets a row of its own.
/// </summary>
/// <param name="Thumbprint">SHA-256 of the DER-encoded certificate, 32 bytes; the lookup key.</param>
/// <param name="Node">The node that the worker may speak for.</param>
/// <param name="Instance">The data folder that holds the certificate's key.</param>
/// <param name="ExpiresAt">
/// Unix milliseconds. An expired row stays for at least a day longer, so the silo can still explain the refusal.
/// </param>
public sealed record CertificateRow(ReadOnlyMemory<byte> Thumbprint, string Node, string Instance, long ExpiresAt)
{
    /// <summary>Labels from the node's join token, sorted by key. A renewed certificate inherits them.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];
}
