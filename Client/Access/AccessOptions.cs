using System.Net;

namespace OrleansTasks.Client.Access;

/// <summary>How the gateway is reached, as far as it decides who may call.</summary>
/// <param name="Listens">The address that it is bound to.</param>
/// <param name="PublicUrl">Another address under which it is reached.</param>
/// <param name="UsesTls">Whether it speaks HTTPS itself.</param>
/// <param name="NeedsKey">Whether callers need a key.</param>
public sealed record AccessOptions(IPEndPoint Listens, Uri? PublicUrl, bool UsesTls, bool NeedsKey)
{
    /// <summary>Whether a session's cookie is for HTTPS only.</summary>
    public bool SecureCookies => UsesTls || PublicUrl is { Scheme: "https" };
}
