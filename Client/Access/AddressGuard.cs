namespace OrleansTasks.Client.Access;

/// <summary>
/// Refuses requests whose Host or Origin header does not name this gateway, requests that another site's page embeds,
/// and, where no key is needed, those that a proxy passes on unless the operator has named it.
/// </summary>
public sealed class AddressGuard(RequestDelegate next, OwnAddresses own, AccessOptions access)
{
    private readonly bool refusesProxies = !access.NeedsKey && access.TrustedProxies.IsEmpty;

    /// <summary>Passes the request on or refuses it.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!own.IsOwnHost(request.Host))
            return context.Refuse(AccessProblems.BadHost);
        if (refusesProxies && (request.Headers.ContainsKey("X-Forwarded-For") || request.Headers.ContainsKey("Forwarded")))
            return context.Refuse(AccessProblems.ProxyWithoutKeys);
        var origins = request.Headers.Origin;
        if (origins.Count > 0 && !(origins.Count == 1 && own.IsOwnOrigin(origins[0] ?? "", request.Scheme, request.Host)))
            return context.Refuse(AccessProblems.BadOrigin);
        return IsEmbeddedElsewhere(request.Headers) ? context.Refuse(AccessProblems.BadOrigin) : next(context);
    }

    // A page of another site cannot read answers, but images, scripts and frames in it could still make the gateway
    // search and list. Browsers set these headers themselves. A link that a user follows is allowed: it navigates to a
    // document.
    private static bool IsEmbeddedElsewhere(IHeaderDictionary headers) => headers["Sec-Fetch-Site"] == "cross-site"
        && !(headers["Sec-Fetch-Mode"] == "navigate" && headers["Sec-Fetch-Dest"] == "document");
}
