namespace OrleansTasks.Client.Access;

/// <summary>Refuses requests whose Host or Origin is not this gateway's.</summary>
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
        return next(context);
    }
}
