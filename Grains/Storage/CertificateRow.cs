using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>A certificate that a node was given.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate, DER: 32 bytes.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Instance">The instance (data folder) that it was given to.</param>
/// <param name="ExpiresAt">When it ends, in Unix milliseconds.</param>
public sealed record CertificateRow(ReadOnlyMemory<byte> Thumbprint, string Node, string Instance, long ExpiresAt)
{
    /// <summary>The labels that the node's join token gave it, sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];
}
