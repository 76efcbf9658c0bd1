using System.Net;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Listening;

namespace OrleansTasks.Client.Access;

/// <summary>How the gateway is reached, as far as it decides who may call.</summary>
/// <param name="Listens">The address that the gateway is bound to.</param>
/// <param name="PublicUrl">Another address under which clients reach it; null if there is none.</param>
/// <param name="UsesTls">Whether the gateway itself serves HTTPS.</param>
/// <param name="NeedsKey">Whether callers need a key.</param>
public sealed record AccessOptions(IPEndPoint Listens, Uri? PublicUrl, bool UsesTls, bool NeedsKey)
{
    /// <summary>The proxies whose <c>X-Forwarded-For</c> names the caller's address; none by default.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Whether callers send keys over a network without encryption, as far as this gateway can know.</summary>
    public bool TakesKeysInClear => NeedsKey && !SecureCookies && !ListenAddress.IsLoopback(Listens);

    /// <summary>Whether session cookies are sent over HTTPS only.</summary>
    public bool SecureCookies => UsesTls || PublicUrl is { Scheme: "https" };

    /// <summary>Returns how a gateway with these options, bound to this address, is reached.</summary>
    public static AccessOptions Of(GatewayOptions options, IPEndPoint listens, bool usesTls)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new AccessOptions(listens, options.PublicUrl, usesTls, !options.IsOpen(listens)) { TrustedProxies = options.TrustedProxies };
    }
}
