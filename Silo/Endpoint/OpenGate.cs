using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Admits every caller. For an address that only this machine can reach.</summary>
internal sealed class OpenGate : INodeGate
{
    /// <inheritdoc/>
    public ValueTask<NodeCertificate?> Open(X509Certificate2? shown) => default;

    /// <inheritdoc/>
    public ValueTask<bool> Admit(X509Certificate2? shown, string node, long session) => new(true);
}
