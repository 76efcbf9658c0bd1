using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// The silo's side of the trust between service and workers. Shows the authority, accepts join tokens, and issues and
/// renews node certificates.
/// </summary>
public sealed partial class NodeTrust(ITrustStore store, TimeProvider time, ILogger<NodeTrust> logger) : IDisposable
{
    private const string UnknownToken =
        "Unknown join token: another service created it, it expired long ago, or its node was forgotten. Create a new one: "
        + "otask node token";

    private const int LongestToken = 200;
    private const int InstanceLength = 32;

    /// <summary>The shortest time between two renewals of one node's instance.</summary>
    internal static readonly TimeSpan RenewalsApart = TimeSpan.FromHours(1);

    /// <summary>How long a renewal is not tried again after the store said that it was too soon.</summary>
    private static readonly TimeSpan TooSoonFor = TimeSpan.FromMinutes(1);

    private const int MostJoined = 1_000, MostRenewed = 50_000;

    private readonly JoinLimiter limiter = new(time);

    /// <summary>The certificates that this silo gave for join tokens, by the hashes of the tokens.</summary>
    private readonly Remembered<string, ByteString> joined = new(MostJoined, time);

    /// <summary>The instances that cannot renew now, so that nothing is signed for them in vain.</summary>
    private readonly Remembered<(string Node, string Instance), bool> renewed = new(MostRenewed, time);

    private readonly ConditionalWeakTable<X509Certificate2, StrongBox<bool>> signed = [];
    private readonly Lock gate = new();
    private CertificateAuthority? authority;
    private X509Certificate2? server;

    /// <summary>Reads or creates the authority. Must be called first.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task Open() => authority ??= await CertificateAuthority.Open(store, time.GetUtcNow());

    /// <summary>
    /// Returns whether the service's authority signed a certificate. The signature is verified once per connection,
    /// because a connection keeps one certificate object.
    /// </summary>
    internal bool HasSigned(X509Certificate2 certificate) =>
        signed.GetValue(certificate, one => new StrongBox<bool>(Authority.HasSigned(one))).Value;

    private CertificateAuthority Authority =>
        authority ?? throw new InvalidOperationException("The authority has not been opened.");

    /// <summary>Returns this silo's certificate, which is replaced when a third of its validity is left.</summary>
    public X509Certificate2 ServerCertificate()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            // One that a wrong clock dated ahead is not valid yet.
            if (server is null || now < server.NotBefore || now > server.NotAfter - (CertificateAuthority.ServerLife / 3))
                server = Authority.IssueServer(now);
            return server;
        }
    }

    /// <summary>
    /// Returns the authority's certificate to any caller. Workers compare its hash with that in their token.
    /// </summary>
    internal AuthorityAnswer Show() => new() { Certificate = ByteString.CopyFrom(Authority.Certificate.Span) };

    /// <summary>
    /// Issues a worker's first certificate for a join token. A worker that asks again, because the answer was lost,
    /// receives the same certificate. A peer with too many failures is refused, unless it has a token of this service,
    /// because the failures may be those of others at its address.
    /// </summary>
    /// <exception cref="RpcException">
    /// The token or another part of the request is refused; the message says why.
    /// </exception>
    internal async Task<JoinAnswer> Join(JoinRequest request, IPAddress? peer)
    {
        if (!limiter.MayTry(peer) && !await IsKnown(request.Secret))
            throw CallError.Of(StatusCode.ResourceExhausted,
                "Too many attempts to join have failed from this address. Try again in a minute.");
        try
        {
            var answer = await Join(request);
            Joined(request.NodeId, peer);
            return answer;
        }
        catch (RpcException refused)
        {
            limiter.Failed(peer);
            JoinRefused(Nodes.WorkerClaims.Text(request.NodeId), peer, refused.Message);
            throw;
        }
    }

    /// <summary>Adds the labels from a node's token to those that its worker reports.</summary>
    /// <exception cref="RpcException">The worker claims a label that only a token can give.</exception>
    internal async Task SetLabels(NodeCertificate node, IDictionary<string, string> labels)
    {
        foreach (var key in await store.FixedLabels())
        {
            if (labels.TryGetValue(key, out var value) && !node.Labels.Contains(new Label(key, value)))
                throw CallError.Of(StatusCode.PermissionDenied,
                    $"Only join tokens can give the label '{key}', and the token of the node '{node.Node}' did not give it "
                    + $"'{value}'. Start the worker without --label {key}, or let it join with another token: otask node "
                    + $"token --label {key}={value}");
        }

        foreach (var (key, value) in node.Labels)
            labels[key] = value;
    }

    /// <summary>
    /// Issues a node's next certificate. Returns nothing while more than a third of the present one's validity is left,
    /// or if the node's instance received one within <see cref="RenewalsApart"/>: a worker that lost the answer must
    /// get another, but cannot collect certificates.
    /// </summary>
    /// <exception cref="RpcException">The request is refused.</exception>
    internal async Task<ByteString> Renew(NodeCertificate node, X509Certificate2 shown, ByteString request)
    {
        if (shown.NotAfter.ToUniversalTime() - time.GetUtcNow() > (shown.NotAfter - shown.NotBefore) / 3)
            return ByteString.Empty;
        var instance = (node.Node, node.Instance);
        if (renewed.TryGet(instance, out _))
            return ByteString.Empty;
        var (outcome, certificate) = await Certify(
            node, KeyOf(request), shown.GetCertHash(HashAlgorithmName.SHA256), RenewalsApart);
        if (outcome == CertificateOutcome.TooSoon)
        {
            // Another silo issued it.
            renewed.Add(instance, true, TooSoonFor);
            return ByteString.Empty;
        }

        if (outcome != CertificateOutcome.Stored)
        {
            throw Refusal(
                "The certificate is no longer valid: its node was forgotten. Join with a new token: otask node token");
        }

        renewed.Add(instance, true, RenewalsApart);
        Renewed(node.Node);
        return certificate;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        authority?.Dispose();
        server?.Dispose();
    }

    private async Task<JoinAnswer> Join(JoinRequest request)
    {
        if (!NodeNames.IsValid(request.NodeId))
            throw CallError.Of(StatusCode.InvalidArgument, $"A node id must have {NodeNames.Form}.");
        if (request.Instance.Length != InstanceLength || !request.Instance.All(char.IsAsciiHexDigitLower))
            throw CallError.Of(StatusCode.InvalidArgument, $"An instance must have {InstanceLength} lowercase hexadecimal digits.");
        var key = KeyOf(request.CertificateRequest);
        if (request.Secret.Length is 0 or > LongestToken)
            throw Refusal(UnknownToken);
        var hash = JoinTokens.HashOf(request.Secret);
        var (use, terms) = await store.UseToken(
            hash, new TokenHolder(key.Hash, request.NodeId, request.Instance), Now);
        if (use != TokenUse.Used)
            throw Refusal(use switch
            {
                TokenUse.Spent => "The join token has already been used; each token is for one worker. Create another: otask node token",
                TokenUse.WrongName => $"The join token is for nodes whose names match '{terms.Node}'; this node is '{request.NodeId}'. "
                    + "Start the worker with another --name, or create a token for its name: otask node token --node NAME",
                TokenUse.Expired => "The join token has expired. Create another: otask node token",
                _ => UnknownToken,
            });
        // The token's holder has the same name, instance and key as before: the last answer was lost.
        var token = Convert.ToHexString(hash);
        if (joined.TryGet(token, out var given) && await store.FindCertificate(SHA256.HashData(given.Span)) is not null)
            return new JoinAnswer { Certificate = given };
        var node = new NodeCertificate(request.NodeId, request.Instance, terms.Labels);
        var (outcome, certificate) = await Certify(node, key, hash, TimeSpan.Zero);
        if (outcome != CertificateOutcome.Stored)
            throw Refusal(UnknownToken);
        joined.Add(token, certificate, JoinTokens.Life);
        return new JoinAnswer { Certificate = certificate };
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<bool> IsKnown(string secret) =>
        secret.Length is > 0 and <= LongestToken && await store.HasToken(JoinTokens.HashOf(secret), Now);

    /// <summary>Issues a certificate, which may be given out only if it is stored.</summary>
    private async Task<(CertificateOutcome Outcome, ByteString Certificate)> Certify(
        NodeCertificate node, CertificateKey key, ReadOnlyMemory<byte> grounds, TimeSpan apart)
    {
        var now = time.GetUtcNow();
        using var certificate = Authority.IssueNode(node.Node, node.Instance, key, now);
        var expires = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeMilliseconds();
        var row = new CertificateRow(
            certificate.GetCertHash(HashAlgorithmName.SHA256), node.Node, node.Instance, expires) { Labels = node.Labels };
        var outcome = await store.AddCertificate(
            row, grounds, now.ToUnixTimeMilliseconds(), (long)apart.TotalMilliseconds);
        return (outcome, ByteString.CopyFrom(certificate.RawData));
    }

    private static CertificateKey KeyOf(ByteString request) => CertificateKey.Read(request.Memory, out var wrong)
        ?? throw CallError.Of(StatusCode.InvalidArgument, $"The certificate request {wrong}.");

    private static RpcException Refusal(string message) => CallError.Of(StatusCode.Unauthenticated, message);
}
