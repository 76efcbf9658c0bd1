namespace OrleansTasks.Storage;

/// <summary>The result of <see cref="ITrustStore.AddCertificate"/>.</summary>
public enum CertificateOutcome
{
    /// <summary>The certificate is stored.</summary>
    Stored,

    /// <summary>
    /// Its grounds are no longer stored: the node was forgotten. The certificate must not be given out.
    /// </summary>
    NoGrounds,

    /// <summary>
    /// The node's instance received another certificate too recently. The new one must not be given out.
    /// </summary>
    TooSoon,
}
