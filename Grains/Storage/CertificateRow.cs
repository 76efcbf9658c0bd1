using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A certificate that this service gave a worker, as <see cref="ITrustStore"/> keeps it. A silo adds the row when it
/// issues the certificate, and looks it up when a worker shows the certificate. The worker is let in only while the row
/// is stored: removing the row revokes the certificate, which takes effect within seconds. The certificate itself is
/// not stored. A renewed certificate has a row of its own beside the earlier one.
/// </summary>
/// <param name="Thumbprint">SHA-256 of the DER-encoded certificate: 32 bytes. The row is found by it.</param>
/// <param name="Node">The id of the node that the worker may speak for.</param>
/// <param name="Instance">The worker's instance: the id of the data folder that holds the certificate's key.</param>
/// <param name="ExpiresAt">
/// When the certificate expires, in Unix milliseconds. Unless it is revoked, the row stays for at least a day more, so
/// that the worker can be told why it is refused.
/// </param>
public sealed record CertificateRow(ReadOnlyMemory<byte> Thumbprint, string Node, string Instance, long ExpiresAt)
{
    /// <summary>
    /// The labels that the node's join token gave it, sorted by key; empty when the token gave none. A renewed
    /// certificate has the labels of the one before.
    /// </summary>
    public ImmutableArray<Label> Labels { get; init; } = [];
}
