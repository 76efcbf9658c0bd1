using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Trust;

/// <summary>
/// Exchanges a join token for an identity: requests the authority's certificate, compares it with the token, and only
/// then sends the secret, over a connection that trusts only this authority.
/// </summary>
public static class Joining
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Joins at one master. After a failure it can be called again, even by another process, because the token stays
    /// valid for the same folder and node.
    /// </summary>
    /// <param name="master">The master's address, with https.</param>
    /// <param name="token">The token.</param>
    /// <param name="folder">The data folder, which stores the identity.</param>
    /// <param name="node">The worker's name.</param>
    /// <param name="instance">The folder's instance.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="IdentityRefusedException">
    /// The master refused, or belongs to another service than the token.
    /// </exception>
    /// <exception cref="RpcException">The master could not be reached, or is busy. Try again.</exception>
    public static async Task<WorkerIdentity> JoinAsync(
        Uri master, JoinToken token, string folder, string node, string instance, TimeProvider time,
        CancellationToken cancellation)
    {
        var authority = await Authority(master, token, cancellation);
        using var key = JoinKey.ReadOrMake(folder, WorkerIdentity.OriginOf(token));
        var request = WorkerIdentity.RequestFor(key);
        var answer = await Call(master, Pinned.Tls(authority, time, Place(master)), NodeServiceMethods.Join, new JoinRequest
        {
            NodeId = node, Instance = instance, Secret = token.Secret, CertificateRequest = ByteString.CopyFrom(request),
        }, cancellation);
        try
        {
            var identity = WorkerIdentity.Create(folder, answer.Certificate.Span, key, authority, token, time);
            JoinKey.Delete(folder);
            return identity;
        }
        catch (CryptographicException wrong)
        {
            throw new IdentityRefusedException($"{Place(master)} issued an unusable certificate: {wrong.Message}", wrong);
        }
    }

    private static async Task<X509Certificate2> Authority(Uri master, JoinToken token, CancellationToken cancellation)
    {
        var answer = await Call(
            master, Pinned.TlsWithoutTrust(), NodeServiceMethods.Authority, new AuthorityRequest(), cancellation);
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(answer.Certificate.Span), token.Authority.Span))
            throw new IdentityRefusedException(
                $"{Place(master)} does not belong to the service that issued the join token: its authority differs. "
                    + "The worker sent it nothing.");
        try
        {
            return X509CertificateLoader.LoadCertificate(answer.Certificate.Span);
        }
        catch (CryptographicException wrong)
        {
            throw new IdentityRefusedException($"{Place(master)} has an unreadable authority.", wrong);
        }
    }

    private static async Task<TAnswer> Call<TRequest, TAnswer>(
        Uri master, SslClientAuthenticationOptions tls, Method<TRequest, TAnswer> method, TRequest request,
        CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        using var channel = new MasterChannel(new MasterChannelOptions { Address = master, Tls = tls, ConnectTimeout = CallLimit });
        try
        {
            return await channel.Unary(method, request, CallLimit, cancellation);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied
            or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.Unimplemented)
        {
            throw new IdentityRefusedException(refused.Message, refused);
        }
    }

    private static string Place(Uri master) => $"{master.Host}:{master.Port}";
}
