using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Admits callers with a certificate that this service has issued to a node and has not revoked, and lets them act for
/// that node only, and only in sessions that their instance opened. What was read about a certificate is trusted for
/// <see cref="Freshness"/>, and longer while the store is unavailable. The store is asked only about certificates that
/// the service's authority has signed.
/// </summary>
internal sealed class CertificateGate(NodeTrust trust, ITrustStore store, INodeSessions sessions, TimeProvider time)
    : INodeGate
{
    /// <summary>
    /// How long the state of a certificate may be reused after it was read. A revocation takes effect within this time.
    /// </summary>
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The maximum number of remembered certificates; beyond it, all are read again. Nodes have one or two each.
    /// </summary>
    private const int MostKnown = 50_000;

    private readonly ConditionalWeakTable<X509Certificate2, string> thumbprints = [];
    private readonly ConcurrentDictionary<string, Known> known = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<NodeCertificate?> Open(X509Certificate2? shown)
    {
        if (shown is not { } certificate)
            throw Refusal("This service accepts only workers with a certificate. Start the worker with a join token: otask node token");
        if (!trust.HasSigned(certificate))
            throw Refusal(
                "Another service issued this certificate. Join with a token of this service: otask node token");
        var found = Find(certificate);
        return found.IsCompletedSuccessfully ? new(Judge(found.Result, certificate)) : Await(found, certificate);

        async ValueTask<NodeCertificate?> Await(ValueTask<NodeCertificate?> found, X509Certificate2 shown) => Judge(await found, shown);
    }

    /// <summary>
    /// Returns whether a caller with this certificate would be admitted. While the store is unavailable, every
    /// certificate of the authority counts, because nodes must be able to connect then.
    /// </summary>
    internal async ValueTask<bool> Counts(X509Certificate2 certificate)
    {
        if (!trust.HasSigned(certificate))
            return false;
        try
        {
            return await Find(certificate) is not null && !HasExpired(certificate);
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> Admit(X509Certificate2? shown, string node, long session)
    {
        var opened = Open(shown);
        return opened.IsCompletedSuccessfully ? Match(opened.Result!, node, session) : Await(opened, node, session);

        async ValueTask<bool> Await(ValueTask<NodeCertificate?> opened, string node, long session) =>
            await Match((await opened)!, node, session);
    }

    /// <summary>Returns what is known about a certificate of the authority; null if it was revoked.</summary>
    private ValueTask<NodeCertificate?> Find(X509Certificate2 certificate)
    {
        var thumbprint = thumbprints.GetValue(
            certificate, static shown => shown.GetCertHashString(HashAlgorithmName.SHA256));
        return known.TryGetValue(thumbprint, out var fact) && time.GetElapsedTime(fact.At) < Freshness
            ? new(fact.Certificate)
            : Look(thumbprint);
    }

    private async ValueTask<NodeCertificate?> Look(string thumbprint)
    {
        var asked = time.GetTimestamp();
        try
        {
            var row = await store.FindCertificate(Convert.FromHexString(thumbprint));
            if (known.Count > MostKnown)
                known.Clear();
            var fact = new Known(asked, row is null ? null : new NodeCertificate(row.Node, row.Instance, row.Labels));
            known[thumbprint] = fact;
            return fact.Certificate;
        }
        catch (StoreUnavailableException) when (known.TryGetValue(thumbprint, out var fact))
        {
            // Nodes that were admitted before keep their leases while the store cannot be read.
            return fact.Certificate;
        }
    }

    private NodeCertificate Judge(NodeCertificate? row, X509Certificate2 shown)
    {
        if (row is null)
            throw Refusal(
                "The certificate is no longer valid: the node was forgotten. Join again with a new token: otask node token");
        if (HasExpired(shown))
            throw Refusal("The certificate has expired. Join again with a new token: otask node token");
        return row;
    }

    private bool HasExpired(X509Certificate2 certificate) => time.GetUtcNow() > certificate.NotAfter.ToUniversalTime();

    private ValueTask<bool> Match(NodeCertificate certificate, string node, long session)
    {
        if (!string.Equals(certificate.Node, node, StringComparison.Ordinal))
            throw CallError.Of(StatusCode.PermissionDenied,
                $"The certificate belongs to the node '{certificate.Node}', not to '{node}'.");
        if (session == 0)
            return new(true);
        var owner = sessions.InstanceOf(node, session);
        return owner.IsCompletedSuccessfully ? new(IsOwn(owner.Result, certificate)) : Await(owner, certificate);

        static async ValueTask<bool> Await(ValueTask<string?> owner, NodeCertificate certificate) =>
            IsOwn(await owner, certificate);
    }

    /// <summary>Returns whether a session has an owner. Throws if that is not the certificate's instance.</summary>
    private static bool IsOwn(string? owner, NodeCertificate certificate)
    {
        if (owner is not null && !string.Equals(owner, certificate.Instance, StringComparison.Ordinal))
            throw CallError.Of(StatusCode.PermissionDenied,
                $"The certificate belongs to another data folder of the node '{certificate.Node}'.");
        return owner is not null;
    }

    private static RpcException Refusal(string message) => CallError.Of(StatusCode.Unauthenticated, message);

    /// <summary>What the store returned for a certificate; a null certificate is invalid.</summary>
    private sealed record Known(long At, NodeCertificate? Certificate);
}
