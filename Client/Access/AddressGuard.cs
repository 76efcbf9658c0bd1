namespace OrleansTasks.Client.Access;

/// <summary>
/// Refuses requests whose Host or Origin is not this gateway's, and those that a page of another site makes without leaving itself.
/// </summary>
public sealed class AddressGuard(RequestDelegate next, OwnAddresses own)
{
    /// <summary>Passes an own request on.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!own.IsOwnHost(request.Host))
            return context.Refuse(AccessProblems.BadHost);
        var origins = request.Headers.Origin;
        if (origins.Count > 0 && !(origins.Count == 1 && own.IsOwnOrigin(origins[0] ?? "", request.Scheme, request.Host)))
            return context.Refuse(AccessProblems.BadOrigin);
        return IsEmbeddedElsewhere(request.Headers) ? context.Refuse(AccessProblems.BadOrigin) : next(context);
    }

    // A page of another site may read nothing, but images, scripts and frames that it names would still have the gateway search and list.
    // Browsers send these headers by themselves; a link that somebody follows loads a document.
    private static bool IsEmbeddedElsewhere(IHeaderDictionary headers) => headers["Sec-Fetch-Site"] == "cross-site"
        && !(headers["Sec-Fetch-Mode"] == "navigate" && headers["Sec-Fetch-Dest"] == "document");
}
